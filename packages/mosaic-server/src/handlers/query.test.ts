import { type Filter, type Message, RESULT, makeKind, toHex } from "@tessera/mosaic"
import { describe, expect, it, vi } from "vitest"
import { later, persona, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const OWN = makeKind({ application: 99, number: 2, handling: "unique", readers: "author" })
const filter: Filter = { authors: [ann.key] }

/** Together more than a channel buffers. */
const large = Array.from({ length: 150 }, () => write(ann, { payload: new Uint8Array(2000) }))

const closed = (queryId: number, result: number): Message => ({ type: "queryClosed", queryId, result })
const idsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap((message) => (message.type === "record" ? [toHex(message.record.subarray(0, 48))] : []))

describe("Query", () => {
  it("brings what matches, newest first, and says SUCCESS, also when nothing does", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    expect(await peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")).toEqual([closed(1, RESULT.SUCCESS)])
    const records = [3, 1, 250, 2].map((seconds) => write(ann, { timestamp: later(seconds) }))
    await rig.store.put([...records, write(persona(2))])
    const messages = await peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")
    expect(idsOf(messages)).toEqual(
      records
        .map(({ id }) => toHex(id))
        .toSorted()
        .toReversed(),
    )
  })

  it("brings all pages of many, and at most LIMIT", async () => {
    await using rig = new Rig()
    const records = Array.from({ length: 230 }, () => write(ann))
    await rig.store.put(records)
    const newestFirst = records.map(({ id }) => toHex(id)).toReversed()
    const peer = await rig.connect()
    for (const limit of [0, 1, 99, 100, 101, 229, 230, 1000]) {
      const messages = await peer.ask({ type: "query", queryId: 1, limit, filter }, "queryClosed")
      expect(idsOf(messages)).toEqual(newestFirst.slice(0, limit === 0 ? 1000 : limit))
    }
  })

  it("counts what the peer may read only", async () => {
    await using rig = new Rig()
    const visible = [write(ann), write(ann)]
    await rig.store.put([visible[0] ?? write(ann), ...Array.from({ length: 5 }, () => write(ann, { kind: OWN })), visible[1] ?? write(ann)])
    const peer = await rig.connect()
    const messages = await peer.ask({ type: "query", queryId: 1, limit: 2, filter }, "queryClosed")
    expect(idsOf(messages)).toEqual(visible.map(({ id }) => toHex(id)).toReversed())
  })

  it("is TOO_OPEN without a narrow element, unless LIMIT is 1 to 1,000", async () => {
    await using rig = new Rig()
    await rig.store.put([write(ann)])
    const peer = await rig.connect()
    for (const type of ["query", "subscribe"] as const) {
      for (const open of [{}, { since: later(-1) }]) {
        expect(await peer.ask({ type, queryId: 1, limit: 0, filter: open }, "queryClosed")).toEqual([closed(1, RESULT.TOO_OPEN)])
        expect(await peer.ask({ type, queryId: 1, limit: 1001, filter: open }, "queryClosed")).toEqual([closed(1, RESULT.TOO_OPEN)])
      }
    }
    expect(idsOf(await peer.ask({ type: "query", queryId: 1, limit: 1000, filter: {} }, "queryClosed"))).toHaveLength(1)
    expect(idsOf(await peer.ask({ type: "subscribe", queryId: 1, limit: 1, filter: {} }, "locallyComplete"))).toHaveLength(1)
  })

  it("is INVALID when its filter is, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    // A filter with an element of unknown type 0x7.
    const bytes = Uint8Array.of(2, 24, 0, 0, 5, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0)
    peer.sendBytes(bytes)
    expect(await peer.next()).toEqual(closed(5, RESULT.INVALID))
    peer.sendBytes(Uint8Array.of(3, ...bytes.subarray(1)))
    expect(await peer.next()).toEqual(closed(5, RESULT.INVALID))
    expect(await peer.arrived()).toEqual([])
  })

  it("is replaced by one of the same id, without a word about the old one", async () => {
    await using rig = new Rig({ limits: { answerBytes: 1 } })
    await rig.store.put(large)
    const others = [write(persona(2)), write(persona(2))]
    await rig.store.put(others)
    const peer = await rig.connect()
    peer.send(
      { type: "query", queryId: 1, limit: 0, filter },
      { type: "query", queryId: 1, limit: 0, filter: { authors: [persona(2).key] } },
    )
    const messages = await peer.until("queryClosed")
    expect(idsOf(messages).slice(-2)).toEqual(others.map(({ id }) => toHex(id)).toReversed())
    expect(messages.length).toBeLessThan(120)
    expect(await peer.arrived()).toEqual([])
  })

  it("is closed by Unsubscribe before its end", async () => {
    await using rig = new Rig({ limits: { answerBytes: 1 } })
    await rig.store.put(large)
    const peer = await rig.connect()
    peer.send({ type: "query", queryId: 1, limit: 0, filter }, { type: "unsubscribe", queryId: 1 })
    const messages = await peer.until("queryClosed")
    expect(messages.length).toBeLessThan(120)
    expect(messages.at(-1)).toEqual(closed(1, RESULT.SUCCESS))
    expect(await peer.ask({ type: "unsubscribe", queryId: 1 }, "queryClosed")).toEqual([closed(1, RESULT.NOT_FOUND)])
  })

  it("is TOO_FAST when there are too many", async () => {
    await using rig = new Rig({ limits: { queryBurst: 3 } })
    const peer = await rig.connect()
    const results = []
    for (let queryId = 0; queryId < 4; queryId += 1)
      results.push(...(await peer.ask({ type: "query", queryId, limit: 0, filter }, "queryClosed")))
    expect(results).toEqual([closed(0, RESULT.SUCCESS), closed(1, RESULT.SUCCESS), closed(2, RESULT.SUCCESS), closed(3, RESULT.TOO_FAST)])
  })

  it("gets TEMPORARY_ERROR when the store fails, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    vi.spyOn(rig.store, "query").mockRejectedValueOnce(new Error("the disk is gone"))
    expect(await peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")).toEqual([closed(1, RESULT.TEMPORARY_ERROR)])
    expect(await peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")).toEqual([closed(1, RESULT.SUCCESS)])
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "failed", doing: "answering a query" }))
  })
})
