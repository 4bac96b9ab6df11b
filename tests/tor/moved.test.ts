import { afterAll, beforeAll, expect, test } from "vitest"
import { Echo, Party, echoed, freshKey, streamOf } from "./rig.ts"

let laptop: Party
let phone: Party
let ben: Party
let echo: Echo
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  laptop = parts.use(await Party.start())
  phone = parts.use(await Party.start())
  ben = parts.use(await Party.start())
  echo = parts.use(await Echo.start())
})
afterAll(() => parts.disposeAsync())

test("a service moves to another device with its key, and is found there", async () => {
  const key = freshKey()
  const before = laptop.tor.publish({ key, port: 80, target: echo.target })
  await before.whenReachable(AbortSignal.timeout(60_000))
  const stream = streamOf(await ben.dial(before))
  await echoed(stream, Buffer.from("at the laptop"))
  await before[Symbol.asyncDispose]()
  stream.destroy()

  await using otherEcho = await Echo.start()
  await using after = phone.tor.publish({ key, port: 80, target: otherEcho.target })
  expect(after.address).toBe(before.address)
  await after.whenReachable(AbortSignal.timeout(60_000))
  const begun = performance.now()
  const moved = streamOf(await ben.dial(after))
  await echoed(moved, Buffer.from("at the phone"))
  expect(otherEcho.sockets.size).toBe(1)
  expect(performance.now() - begun).toBeLessThan(15_000)
  moved.destroy()
})

test("a service that was taken back is reached no more, and can be published anew", async () => {
  const key = freshKey()
  const service = laptop.tor.publish({ key, port: 80, target: echo.target })
  expect(() => laptop.tor.publish({ key, port: 80, target: echo.target })).toThrow(RangeError)
  await service.whenReachable(AbortSignal.timeout(60_000))
  streamOf(await ben.dial(service)).destroy()
  await service[Symbol.asyncDispose]()
  const begun = performance.now()
  const result = await ben.dial(service)
  expect(result).toMatchObject({ ok: false })
  expect(performance.now() - begun).toBeLessThan(60_000)

  await using again = laptop.tor.publish({ key, port: 80, target: echo.target })
  await again.whenReachable(AbortSignal.timeout(60_000))
  streamOf(await ben.dial(again)).destroy()
})
