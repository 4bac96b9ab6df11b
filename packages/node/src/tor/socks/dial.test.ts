import { mkdtemp, rm } from "node:fs/promises"
import { type Server, type Socket, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type DialSocksResult, dialSocks } from "./dial.ts"

let folder = ""
let server: Server
const sockets: Socket[] = []
/** What the proxy says after the request; nothing when empty. */
let last: Uint8Array = new Uint8Array()
let first: Uint8Array = Uint8Array.of(5, 2)
const CONNECTED = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-socks-"))
  first = Uint8Array.of(5, 2)
  last = new Uint8Array()
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on("error", () => {})
    const answers = [first, Uint8Array.of(1, 0), last]
    socket.on("data", () => {
      const answer = answers.shift()
      if (answer !== undefined && answer.length > 0) socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder, "socks"), resolve))
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const dial = (signal: AbortSignal = AbortSignal.timeout(5_000), timeoutMs = 5_000): Promise<DialSocksResult> =>
  dialSocks({ proxy: { path: join(folder, "socks") }, host: "x.onion", port: 80, isolation: "x", timeoutMs, signal })

test("what the service says first is not lost", async () => {
  last = Uint8Array.of(...CONNECTED, ...new TextEncoder().encode("hello"))
  const result = await dial()
  if (!result.ok) throw new Error(result.failure)
  // Longer than a turn: nothing may be read before somebody wants it.
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(String(await new Promise((resolve) => result.socket.once("data", resolve)))).toBe("hello")
  result.socket.destroy()
})

test.each([
  [0x01, "failed"],
  [0x05, "refused"],
  [0xf0, "not-found"],
  [0xf2, "no-answer"],
  [0xf4, "key-missing"],
  [0xf5, "key-refused"],
  [0xf6, "bad-address"],
  [0x99, "failed"],
])("the proxy's code %i is %s", async (code, failure) => {
  last = Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0)
  expect(await dial()).toEqual({ ok: false, failure })
})

test("a proxy that is silent, goes away, is not there or speaks otherwise", async () => {
  expect(await dial(undefined, 50)).toEqual({ ok: false, failure: "time-out" })
  first = Uint8Array.of(0x48, 0x54, 0x54, 0x50)
  expect(await dial()).toEqual({ ok: false, failure: "failed" })
  server.once("connection", (socket) => socket.destroy())
  expect(await dial()).toEqual({ ok: false, failure: "no-tor" })
  const proxy = { path: join(folder, "nobody") }
  const nobody = await dialSocks({ proxy, host: "x.onion", port: 80, isolation: "x", timeoutMs: 1_000, signal: AbortSignal.timeout(5_000) })
  expect(nobody).toEqual({ ok: false, failure: "no-tor" })
})

test("who gives up is told why they did, and the connection ends", async () => {
  const reason = new Error("enough")
  const stop = new AbortController()
  const dialing = dial(stop.signal)
  setTimeout(() => stop.abort(reason), 50)
  await expect(dialing).rejects.toBe(reason)
  await expect(dial(AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(sockets).toHaveLength(1)
})
