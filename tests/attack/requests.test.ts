import { setTimeout as delay } from "node:timers/promises"
import { deflateRawSync, zstdCompressSync } from "node:zlib"
import {
  type Filter,
  type Message,
  DecodeError,
  KEY_SCHEDULE,
  MICROBLOG_ROOT,
  PROFILE,
  RESULT,
  buildRecord,
  encodeMessage,
  nonceFromTimestamp,
  parseSecretKey,
  publicKeyOf,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import { OPCODE, RawWebSocket, frame } from "./raw-web-socket.ts"
import { author, note } from "../program/note.ts"
import { PATIENCE, answersOn, hello, many, Victim } from "./victim.ts"

/** The heap that a server under attack must do with, in MiB: what it holds for peers, and what answering takes. The giant filters below would take 2 GB. */
const HEAP = 512

/** As many small tags as an element holds, in as many elements as a filter holds. */
const giant: Filter = {
  includedTags: Array.from({ length: 30 }, (_, element) =>
    Array.from({ length: 250 }, (_unused, index) => ({ type: 0x8001, value: Uint8Array.of(index, element, 2, 3) })),
  ),
}

test("a flood of subscriptions, and of giant filters, is bounded; a new record still comes at once", async () => {
  await using victim = await Victim.start({ heapMiB: HEAP })
  const healthy = await victim.dial()
  const next = answersOn(healthy)
  healthy.write(Buffer.concat([hello, encodeMessage({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [author] } })]))
  expect([(await next())?.type, (await next())?.type]).toEqual(["helloAck", "locallyComplete"])
  const refusals: Message[] = []
  for (let each = 0; each < 12; each += 1) {
    const socket = await victim.dial(1 + (each % 4))
    const answers = answersOn(socket)
    socket.write(hello)
    for (let queryId = 0; queryId < 1_100; queryId += 1) {
      const filter: Filter =
        each % 3 !== 0 && queryId < 150
          ? giant
          : { kinds: [MICROBLOG_ROOT], includedTags: [[{ type: 0x8001, value: Uint8Array.of(each, queryId & 0xff, queryId >> 8) }]] }
      socket.write(encodeMessage({ type: "subscribe", queryId, limit: 0, filter }))
    }
    void (async () => {
      for (let answer = await answers(); answer !== undefined; answer = await answers())
        if (answer.type === "queryClosed") refusals.push(answer)
    })()
  }
  await delay(1_000)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  const writer = await victim.dial()
  writer.write(hello)
  const begun = performance.now()
  writer.write(encodeMessage({ type: "submission", record: note().bytes }))
  expect((await next())?.type).toBe("record")
  expect(performance.now() - begun).toBeLessThan(PATIENCE)
  // A thousand each are let through, and the rest refused, each in its turn.
  for (let time = 0; time < 300 && refusals.length <= 300; time += 1) await delay(100)
  expect(refusals.length).toBeGreaterThan(300)
  for (const refusal of refusals) expect(refusal).toMatchObject({ result: RESULT.TOO_FAST })
})

test("payloads that unpack to gigabytes are INVALID where they must be read, and carried unread where not", async () => {
  await using victim = await Victim.start()
  const secret = parseSecretKey(new Uint8Array(32).fill(9))
  const timestamp = timestampFromUnixMillis(Date.now())
  const bomb = zstdCompressSync(new Uint8Array(256 * 1024 * 1024))
  const write = (kind: typeof KEY_SCHEDULE): Uint8Array => {
    const record = buildRecord({
      author: publicKeyOf(secret),
      signer: secret,
      kind,
      nonce: nonceFromTimestamp(timestamp),
      timestamp,
      payload: bomb,
      compressed: true,
    })
    return record.bytes
  }
  const socket = await victim.dial()
  const next = answersOn(socket)
  const before = victim.memory
  socket.write(
    Buffer.concat([
      hello,
      ...[KEY_SCHEDULE, PROFILE, MICROBLOG_ROOT].map((kind) => encodeMessage({ type: "submission", record: write(kind) })),
    ]),
  )
  const results = [await next(), await next(), await next(), await next()].map((answer) =>
    answer !== undefined && "result" in answer ? answer.result : undefined,
  )
  expect(results).toEqual([RESULT.SUCCESS, RESULT.INVALID, RESULT.ACCEPTED, RESULT.ACCEPTED])
  expect(victim.memory - before).toBeLessThan(100)

  // A client gets them as they are. Whoever reads one learns that it cannot be read, at once.
  await using connection = await victim.connect()
  const { rss } = process.memoryUsage()
  let read = 0
  for await (const record of connection.query({ authors: [publicKeyOf(secret)] })) {
    const begun = performance.now()
    expect(() => record.readPayload()).toThrow(DecodeError)
    expect(performance.now() - begun).toBeLessThan(PATIENCE)
    read += 1
  }
  expect(read).toBe(2)
  expect((process.memoryUsage().rss - rss) / 1_048_576).toBeLessThan(100)
})

test("nothing is compressed over WebSocket: it is not agreed to, and what is sent so all the same ends the connection", async () => {
  await using victim = await Victim.start()
  const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
  const webSocket = await RawWebSocket.open(await victim.dial(1, victim.webSocketPort), [offer])
  expect(webSocket.head).not.toMatch(/extensions/i)
  const closed = new Promise((resolve) => webSocket.once("close", resolve))
  const compressed = frame(OPCODE.BINARY, deflateRawSync(new Uint8Array(64 * 1024 * 1024)))
  compressed[0] = (compressed[0] ?? 0) | 0x40
  webSocket.write(hello)
  webSocket.socket.write(compressed)
  await closed
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(victim.memory).toBeLessThan(250)
})

test("messages over WebSocket in frames of a byte are held as the bytes that they are", async () => {
  await using victim = await Victim.start({ heapMiB: HEAP })
  // What takes long to answer keeps what follows it waiting.
  const slow = Array.from({ length: 20 }, () => frame(OPCODE.BINARY, encodeMessage({ type: "submission", record: note().bytes })))
  const begun = frame(OPCODE.BINARY, Uint8Array.of(0x10), { isLast: false })
  const more = frame(OPCODE.CONTINUED, Uint8Array.of(1), { isLast: false })
  const flood = Buffer.concat([frame(OPCODE.BINARY, hello), ...slow, begun, ...Array.from({ length: 60_000 }, () => more)])
  const before = victim.memory
  await many(60, async (each) => (await victim.dialWebSocket(1 + (each % 4))).socket.write(flood))
  let most = 0
  for (let time = 0; time < 20; time += 1) {
    await delay(100)
    most = Math.max(most, victim.memory)
  }
  expect(most - before).toBeLessThan(150)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
})

test("a flood of the smallest messages, whose answers nobody reads, holds nobody up and little memory", async () => {
  await using victim = await Victim.start({ heapMiB: HEAP })
  const unknown = encodeMessage({ type: "unsubscribe", queryId: 9 })
  const flood = Buffer.concat([hello, ...Array.from({ length: 500_000 }, () => unknown)])
  const before = victim.memory
  for (let each = 0; each < 20; each += 1) {
    const socket = await victim.dial(1 + (each % 4))
    socket.pause()
    socket.write(flood)
  }
  await delay(1_000)
  expect(await victim.waitOfOthers(3)).toBeLessThan(PATIENCE)
  expect(victim.memory - before).toBeLessThan(300)
})

test("questions without end wait for each other, and not everybody for them", async () => {
  await using victim = await Victim.start()
  const writer = await victim.dial()
  const next = answersOn(writer)
  writer.write(hello)
  await next()
  for (let each = 0; each < 300; each += 1) writer.write(encodeMessage({ type: "submission", record: note(new Uint8Array(20_000)).bytes }))
  for (let each = 0; each < 300; each += 1) expect(await next()).toMatchObject({ result: RESULT.ACCEPTED })
  for (let each = 0; each < 20; each += 1) {
    const socket = await victim.dial(1 + (each % 4))
    socket.write(hello)
    // Nothing of it is read.
    socket.pause()
    for (let queryId = 0; queryId < 500; queryId += 1)
      socket.write(encodeMessage({ type: "query", queryId, limit: 0, filter: { authors: [author] } }))
  }
  await delay(500)
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(victim.memory).toBeLessThan(500)
})
