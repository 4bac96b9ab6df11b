import { type Message, RESULT, encodeMessage } from "@tessera/mosaic"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { persona, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const KIB = 1024
const ann = persona(1)
const filter = { authors: [ann.key] }
const closing: Message = { type: "closing", result: RESULT.TEMPORARY_ERROR }
/** The largest that a filter can be: many small tags. */
const giant = {
  includedTags: Array.from({ length: 30 }, () =>
    Array.from({ length: 250 }, (_, index) => ({ type: 0x8001, value: Uint8Array.of(index, 1, 2, 3) })),
  ),
}

describe("a flood from many connections, each within its own bounds", () => {
  it("of half messages: those that hold the most are closed, the others are served", async () => {
    await using rig = new Rig({ limits: { heldBytes: 1_000 * KIB } })
    const half = encodeMessage({ type: "submission", record: new Uint8Array(400 * KIB) }).subarray(0, 200 * KIB)
    const quick = await rig.connect()
    const flood = await Promise.all(Array.from({ length: 20 }, () => rig.connect()))
    for (const peer of flood) peer.sendBytes(half)
    await delay(50)
    expect(rig.server.stats().heldBytes).toBeLessThanOrEqual(1_000 * KIB)
    expect(await flood[0]?.next()).toEqual(closing)
    expect(await flood[0]?.next()).toBeUndefined()
    expect(await quick.ask({ type: "query", queryId: 1, limit: 1, filter }, "queryClosed")).toHaveLength(1)
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "disconnected", reason: "it made the server hold too much" }))
  })

  it("of giant filters: what they take in memory is bounded, and given back", async () => {
    await using rig = new Rig({ limits: { heldBytes: 8_000 * KIB, frameBytes: 128 * KIB } })
    const quick = await rig.connect()
    const flood = await Promise.all(Array.from({ length: 8 }, () => rig.connect()))
    for (const peer of flood)
      for (let queryId = 0; queryId < 4; queryId += 1) peer.send({ type: "subscribe", queryId, limit: 0, filter: giant })
    await delay(100)
    expect(rig.server.stats().heldBytes).toBeLessThanOrEqual(8_000 * KIB)
    expect(rig.server.stats().heldBytes).toBeGreaterThan(1_000 * KIB)
    expect(await quick.ask({ type: "query", queryId: 1, limit: 1, filter }, "queryClosed")).toHaveLength(1)
    for (const peer of flood) await peer.channel.close()
    while (rig.server.stats().connections > 1) await delay(5)
    expect(rig.server.stats()).toMatchObject({ heldBytes: 0, subscriptions: 0 })
  })

  it("of queries that replace one another: those that still wait keep nothing", async () => {
    await using rig = new Rig({ limits: { runningQueries: 1, subscriptions: 4, answerBytes: 1, frameBytes: 128 * KIB } })
    await rig.store.put(Array.from({ length: 3 }, () => write(ann, { payload: new Uint8Array(64 * KIB) })))
    const peer = await rig.connect()
    // It does not read: the first query runs, and stays in the way.
    peer.send({ type: "query", queryId: 0, limit: 0, filter })
    for (let each = 0; each < 50; each += 1) peer.send({ type: "query", queryId: 1, limit: 0, filter: giant })
    await delay(100)
    expect(rig.server.stats().heldBytes).toBeLessThan(4_000 * KIB)
    const answers = [...(await peer.until("queryClosed")), ...(await peer.until("queryClosed"))]
    expect(answers.filter(({ type }) => type === "queryClosed")).toEqual([
      { type: "queryClosed", queryId: 0, result: RESULT.SUCCESS },
      { type: "queryClosed", queryId: 1, result: RESULT.SUCCESS },
    ])
  })

  it("of readers that do not read: a new record reaches the one who does", async () => {
    await using rig = new Rig({ limits: { heldBytes: 600 * KIB, liveBytes: 200 * KIB, writeMs: 60_000 } })
    const quick = await rig.connect()
    const flood = await Promise.all(Array.from({ length: 10 }, () => rig.connect()))
    for (const peer of [quick, ...flood]) await peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter }, "locallyComplete")
    for (let each = 0; each < 8; each += 1) {
      await rig.store.put([write(ann, { payload: new Uint8Array(32 * KIB) })])
      expect(await quick.next()).toMatchObject({ type: "record" })
      expect(rig.server.stats().heldBytes).toBeLessThanOrEqual(600 * KIB)
    }
    expect(rig.server.stats().connections).toBeLessThan(11)
    for (const peer of flood) await peer.channel.close()
  })
})
