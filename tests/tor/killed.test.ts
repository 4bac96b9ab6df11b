import type { Duplex } from "node:stream"
import { setTimeout as delay } from "node:timers/promises"
import type { OnionService } from "@tessera/node/tor"
import { afterAll, beforeAll, expect, test } from "vitest"
import { Echo, Party, echoed, freshKey, killTor, statusOf, streamOf, torProcessIn } from "./rig.ts"

let anna: Party
let ben: Party
let echo: Echo
let service: OnionService
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  anna = parts.use(await Party.start())
  ben = parts.use(await Party.start())
  echo = parts.use(await Echo.start())
  service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target })
  await service.whenReachable(AbortSignal.timeout(60_000))
})
afterAll(() => parts.disposeAsync())

/** Dials until somebody answers; gives how long that took, in milliseconds. */
async function timeUntilReached(): Promise<number> {
  const begun = performance.now()
  for (;;) {
    const result = await ben.dial(service)
    if (!result.ok) {
      await delay(500)
      continue
    }
    const stream = streamOf(result)
    await echoed(stream, Buffer.from("back?"))
    stream.destroy()
    return performance.now() - begun
  }
}

/** A connection that is never silent, and when it ended. */
async function load(): Promise<{ readonly stream: Duplex; readonly ended: Promise<void> }> {
  const stream = streamOf(await ben.dial(service))
  const ended = new Promise<void>((resolve) => stream.once("close", resolve))
  stream.on("data", (bytes: Buffer) => void stream.write(bytes))
  stream.write(Buffer.alloc(200_000))
  return { stream, ended }
}

test.each([1, 2, 3])("a service whose tor was killed under load is reached again within 15 seconds (%i)", async () => {
  const { ended } = await load()
  await delay(300)
  const pid = await torProcessIn(anna.folder)
  await killTor(anna.folder)
  const reached = timeUntilReached()
  expect(await reached).toBeLessThan(15_000)
  await ended
  expect(await torProcessIn(anna.folder)).not.toBe(pid)
  await statusOf(anna.tor, ({ reachable }) => reachable)
})

test("who lost their own tor under load reaches others again within 15 seconds", async () => {
  const { ended } = await load()
  await delay(300)
  await killTor(ben.folder)
  expect(await timeUntilReached()).toBeLessThan(15_000)
  await ended
})

test("a tor that hangs is replaced", { timeout: 150_000 }, async () => {
  const pid = await torProcessIn(ben.folder)
  process.kill(pid ?? 0, "SIGSTOP")
  for (;;) {
    const now = await torProcessIn(ben.folder)
    if (now !== undefined && now !== pid) break
    await delay(500)
  }
  expect(await timeUntilReached()).toBeLessThan(30_000)
})

test("nothing is left of a tor that was stopped", async () => {
  const folder = ben.folder
  const pid = await torProcessIn(folder)
  expect(pid).toBeDefined()
  await ben.tor[Symbol.asyncDispose]()
  expect(await torProcessIn(folder)).toBeUndefined()
  expect(ben.tor.status.phase).toBe("off")
})
