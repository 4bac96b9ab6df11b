import { mkdtemp, rm } from "node:fs/promises"
import { type Server, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { Dialing, type RunningTor } from "./dialing.ts"
import type { DialResult } from "./port.ts"

const [OK, REFUSED, NOT_FOUND, NO_ANSWER, KEY_MISSING] = [0, 0x05, 0xf0, 0xf2, 0xf4]

let folder = ""
let server: Server
let tor: RunningTor
/** What the proxy answers to one dial after the other, and what tor was told. */
const codes: number[] = []
const commands: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-dialing-"))
  codes.length = 0
  commands.length = 0
  server = createServer((socket) => {
    const answers = [
      [5, 2],
      [1, 0],
      [5, codes.shift() ?? 1, 0, 1, 0, 0, 0, 0, 0, 0],
    ]
    socket.on("error", () => {})
    socket.on("data", () => void socket.write(Uint8Array.from(answers.shift() ?? [])))
  })
  const path = join(folder, "socks")
  await new Promise<void>((resolve) => server.listen(path, resolve))
  tor = { socks: { path }, control: { command: async (line) => void commands.push(line) } }
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

async function dial(dialing: Dialing): Promise<DialResult> {
  const result = await dialing.dial({ host: "x.onion", port: 80, isolation: "x", signal: AbortSignal.timeout(20_000) })
  if (result.ok) result.stream.destroy()
  return result
}

const fresh = (): Dialing => new Dialing({ whenConnected: async () => tor })

test("where tor may be wrong about a service, it is made to forget, and asked again", async () => {
  codes.push(NO_ANSWER, OK)
  expect(await dial(fresh())).toMatchObject({ ok: true })
  expect(commands).toEqual(["SIGNAL NEWNYM"])
})

test("what was published a moment ago is looked for twice, without forgetting anything", async () => {
  codes.push(NOT_FOUND, OK)
  expect(await dial(fresh())).toMatchObject({ ok: true })
  codes.push(NOT_FOUND, NOT_FOUND, OK)
  expect(await dial(fresh())).toMatchObject({ ok: false, code: "not-found" })
  expect(commands).toEqual([])
})

test("a refusal counts, but not at once that of a service which was reached before", async () => {
  for (const [code, said] of [
    [REFUSED, "refused"],
    [KEY_MISSING, "key-missing"],
  ] as const) {
    codes.splice(0, codes.length, code, OK)
    expect(await dial(fresh())).toMatchObject({ ok: false, code: said })
  }
  expect(commands).toEqual([])
  const dialing = fresh()
  codes.splice(0, codes.length, OK, REFUSED, OK)
  expect(await dial(dialing)).toMatchObject({ ok: true })
  expect(await dial(dialing)).toMatchObject({ ok: true })
  expect(commands).toEqual(["SIGNAL NEWNYM"])
})

test("many dials that fail do not make tor forget again and again", async () => {
  const dialing = fresh()
  codes.push(...Array.from({ length: 30 }, () => NO_ANSWER))
  await Promise.all(Array.from({ length: 10 }, () => dial(dialing)))
  expect(commands).toEqual(["SIGNAL NEWNYM"])
})

test("without a tor that is connected there is nothing to wait for", async () => {
  expect(await dial(new Dialing({ whenConnected: async () => undefined }))).toMatchObject({ ok: false, code: "no-tor" })
})
