import { afterAll, beforeAll, expect, test } from "vitest"
import { Echo, Party, echoed, freshKey, streamOf } from "./rig.ts"

let anna: Party
let ben: Party
let echo: Echo
const parts = new AsyncDisposableStack()

beforeAll(async () => {
  anna = parts.use(await Party.start())
  ben = parts.use(await Party.start())
  echo = parts.use(await Echo.start())
})
afterAll(() => parts.disposeAsync())

test("10 MB go there and back unharmed", async () => {
  await using service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target })
  await service.whenReachable(AbortSignal.timeout(60_000))
  const stream = streamOf(await ben.dial(service))
  const bytes = Buffer.alloc(10_000_000)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at)
  const begun = performance.now()
  expect((await echoed(stream, bytes)).equals(bytes)).toBe(true)
  expect(performance.now() - begun).toBeLessThan(60_000)
  stream.destroy()
})

test("two services in one tor lead to two places", async () => {
  await using otherEcho = await Echo.start()
  await using door = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target })
  await using friends = anna.tor.publish({ key: freshKey(), port: 80, target: otherEcho.target })
  await Promise.all([door, friends].map((service) => service.whenReachable(AbortSignal.timeout(60_000))))
  expect(anna.tor.status.reachable).toBe(true)
  const [before, otherBefore] = [echo.sockets.size, otherEcho.sockets.size]
  const stream = streamOf(await ben.dial(friends))
  await echoed(stream, Buffer.from("hello"))
  expect([echo.sockets.size - before, otherEcho.sockets.size - otherBefore]).toEqual([0, 1])
  const doorStream = streamOf(await ben.dial(door))
  await echoed(doorStream, Buffer.from("hello"))
  expect(echo.sockets.size - before).toBe(1)
  stream.destroy()
  doorStream.destroy()
})

test("200 people hold their connections, each on a circuit of their own", async () => {
  await using service = anna.tor.publish({ key: freshKey(), port: 80, target: echo.target })
  await service.whenReachable(AbortSignal.timeout(60_000))
  const streams = []
  for (let begun = 0; begun < 200; begun += 10) {
    const some = Array.from({ length: 10 }, (_, index) =>
      ben.tor.dial({ host: service.address, port: 80, isolation: `friend-${begun + index}`, signal: AbortSignal.timeout(100_000) }),
    )
    for (const result of await Promise.all(some)) streams.push(streamOf(result))
  }
  const answers = await Promise.all(streams.map((stream, index) => echoed(stream, Buffer.from(`I am ${index}`))))
  expect(answers.map(String)).toEqual(streams.map((_, index) => `I am ${index}`))
  expect(streams.filter((stream) => stream.destroyed)).toHaveLength(0)
  for (const stream of streams) stream.destroy()
})
