import { mkdtemp, rm } from "node:fs/promises"
import { type Server, type Socket, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { ControlClient, ControlClosedError } from "./client.ts"

let folder = ""
let server: Server
let peer: Socket
const heard: string[] = []
const events: string[] = []
/** What tor answers to a line; nothing when `undefined`. */
let answer: (line: string) => string | undefined = () => "250 OK\r\n"

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-control-"))
  heard.length = 0
  events.length = 0
  answer = () => "250 OK\r\n"
  server = createServer((socket) => {
    peer = socket
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      for (const line of String(bytes).split("\r\n").slice(0, -1)) {
        heard.push(line)
        const text = answer(line)
        if (text !== undefined) socket.write(text)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder, "control"), resolve))
})

afterEach(async () => {
  peer.destroy()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const connect = (): Promise<ControlClient> =>
  ControlClient.connect({
    place: { path: join(folder, "control") },
    cookie: new Uint8Array(32).fill(0xab),
    onEvent: (line) => events.push(line),
    signal: AbortSignal.timeout(5_000),
  })

test("answers go to their commands in order, and events to the listener", async () => {
  using client = await connect()
  answer = (line) => `650 EVENT ${line}\r\n250-about ${line}\r\n250 OK\r\n`
  const replies = await Promise.all(["A", "B", "C"].map((line) => client.command(line)))
  expect(replies.map(({ lines }) => lines[0]?.text)).toEqual(["about A", "about B", "about C"])
  expect(events).toEqual(["EVENT A", "EVENT B", "EVENT C"])
  expect(heard).toEqual([`AUTHENTICATE ${"ab".repeat(32)}`, "A", "B", "C"])
})

test("a refusal is an answer", async () => {
  using client = await connect()
  answer = () => "552 Unknown\r\n"
  expect(await client.command("ADD_ONION x")).toEqual({ status: 552, lines: [{ text: "Unknown" }] })
})

test("a cookie that tor does not take ends it", async () => {
  answer = () => "515 Authentication failed\r\n"
  await expect(connect()).rejects.toThrow(ControlClosedError)
})

test("whoever waits is told when tor ends, or says what cannot be read", async () => {
  for (const last of ["", "nonsense\r\n"]) {
    answer = () => "250 OK\r\n"
    using client = await connect()
    answer = () => undefined
    const waiting = Promise.allSettled([client.command("A"), client.command("B")])
    peer.end(last)
    for (const result of await waiting) expect(result).toMatchObject({ status: "rejected", reason: { name: "ControlClosedError" } })
    await client.closed
    await expect(client.command("C")).rejects.toThrow(ControlClosedError)
  }
})

test("no command can smuggle in another, and only so many may wait", async () => {
  using client = await connect()
  for (const line of ["A\r\nB", "A\nB", "A\rB", "A\0"]) expect(() => client.command(line)).toThrow(RangeError)
  answer = () => undefined
  const waiting = Promise.allSettled(Array.from({ length: 256 }, () => client.command("A")))
  await expect(client.command("A")).rejects.toThrow(RangeError)
  client[Symbol.dispose]()
  await waiting
})
