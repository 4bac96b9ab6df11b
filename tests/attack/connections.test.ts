import { setTimeout as delay } from "node:timers/promises"
import { RESULT, encodeMessage } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { author, note } from "../program/note.ts"
import { PATIENCE, answersOn, hello, many, Victim } from "./victim.ts"

test("three thousand idle connections cost little each, and nobody else their turn: on TCP, on WebSocket, and before TLS", async () => {
  await using victim = await Victim.start()
  await victim.waitOfOthers()
  const before = victim.memory
  await many(3_000, async (index) => {
    const source = 1 + (index % 4)
    if (index >= 1_500) await victim.dialPlain(source, index % 3 === 0 ? victim.webSocketPort : victim.port)
    else if (index % 3 === 0) (await victim.dialWebSocket(source)).write(hello)
    else (await victim.dial(source)).write(hello)
  })
  await expect.poll(() => victim.connections, { timeout: 20_000 }).toBeGreaterThanOrEqual(3_000)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  const each = ((victim.memory - before) / 3_000) * 1_024
  expect(each).toBeLessThan(120)
})

test("half-open connections and garbage in place of TLS hold nobody up", async () => {
  await using victim = await Victim.start()
  await many(1_500, async (index) => {
    const socket = await victim.dialPlain(1 + (index % 4))
    if (index % 3 === 1) socket.write(Uint8Array.of(0x16, 3, 1))
    if (index % 3 === 2) socket.write("GET / HTTP/1.1\r\n\r\n")
  })
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(victim.memory).toBeLessThan(300)
})

test("one address has a thousand connections and no more: the next learns why, a flood is dropped, others get in", async () => {
  await using victim = await Victim.start()
  let dropped = 0
  const dialPlainly = async (): Promise<void> => void (await victim.dialPlain(9)).once("close", () => (dropped += 1))
  await many(1_000, dialPlainly)
  const next = answersOn(await victim.dial(9))
  expect(await next()).toEqual({ type: "closing", result: RESULT.TOO_FAST })
  expect(dropped).toBe(0)
  await many(250, dialPlainly)
  // A hundred at a time may wait to be told; nothing is spent on the rest.
  for (let waited = 0; dropped < 150 && waited < 50; waited += 1) await delay(100)
  expect(dropped).toBeGreaterThanOrEqual(150)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
})

test("writers that never end what they begin cost what the bounds allow", async () => {
  await using victim = await Victim.start()
  const half = Buffer.concat([
    hello,
    encodeMessage({ type: "submission", record: note(new Uint8Array(1_000_000)).bytes }).subarray(0, 900_000),
  ])
  await many(450, async (index) => (await victim.dial(1 + (index % 4))).write(half))
  await delay(500)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  // 256 MiB of half messages are kept at most, of the 386 MiB that were sent.
  expect(victim.memory).toBeLessThan(700)
})

test("readers that do not read lose their subscription or their connection; new records reach those who do", async () => {
  await using victim = await Victim.start()
  const subscribe = encodeMessage({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [author] } })
  await many(200, async (index) => {
    const socket = await victim.dial(1 + (index % 4))
    socket.write(Buffer.concat([hello, subscribe]))
    socket.pause()
  })
  const healthy = await victim.dial()
  const next = answersOn(healthy)
  healthy.write(Buffer.concat([hello, subscribe]))
  expect([(await next())?.type, (await next())?.type]).toEqual(["helloAck", "locallyComplete"])
  const writer = await victim.dial()
  writer.write(hello)
  const payload = new Uint8Array(500_000)
  for (let each = 0; each < 16; each += 1) {
    writer.write(encodeMessage({ type: "submission", record: note(payload).bytes }))
    expect((await next())?.type).toBe("record")
  }
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(victim.memory).toBeLessThan(700)
})
