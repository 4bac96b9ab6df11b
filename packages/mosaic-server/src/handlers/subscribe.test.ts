import { type Filter, type Message, type VerifiedRecord, MICROBLOG_ROOT, RESULT, toHex } from "@tessera/mosaic"
import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { later, persona, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const bob = persona(2)
const filter: Filter = { authors: [ann.key] }

const closed = (queryId: number, result: number): Message => ({ type: "queryClosed", queryId, result })
const brought = (queryId: number, { bytes }: VerifiedRecord): Message => ({ type: "record", queryId, record: bytes })
const idsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap((message) => (message.type === "record" ? [toHex(message.record.subarray(0, 48))] : []))
const subscribe = (peer: RawPeer, queryId: number, asked: Filter = filter, limit = 0): Promise<Message[]> =>
  peer.ask({ type: "subscribe", queryId, limit, filter: asked }, "locallyComplete")

describe("Subscribe", () => {
  it("brings what is stored, newest first, says Locally Complete, and then brings what comes", async () => {
    await using rig = new Rig()
    const [old, recent] = [write(ann), write(ann)]
    await rig.store.put([recent, old])
    const peer = await rig.connect()
    expect(await subscribe(peer, 1)).toEqual([brought(1, recent), brought(1, old), { type: "locallyComplete", queryId: 1 }])
    const fresh = write(ann)
    await rig.store.put([write(bob), fresh])
    expect(await peer.next()).toEqual(brought(1, fresh))
  })

  it("bounds the stored records only with LIMIT", async () => {
    await using rig = new Rig()
    await rig.store.put([write(ann), write(ann), write(ann)])
    const peer = await rig.connect()
    expect(idsOf(await subscribe(peer, 1, filter, 2))).toHaveLength(2)
    const fresh = [write(ann), write(ann), write(ann)]
    await rig.store.put(fresh)
    for (const record of fresh) expect(await peer.next()).toEqual(brought(1, record))
  })

  it("brings a record to every subscription that it matches, of one connection and of others", async () => {
    await using rig = new Rig()
    const [one, other] = [await rig.connect(), await rig.connect()]
    await subscribe(one, 0x0102)
    await subscribe(one, 0xfffe, { kinds: [MICROBLOG_ROOT] })
    await subscribe(one, 3, { authors: [bob.key] })
    await subscribe(other, 7, { authors: [bob.key, ann.key, ann.key] })
    const fresh = write(ann)
    await rig.store.put([fresh])
    expect([await one.next(), await one.next()]).toEqual([brought(0x0102, fresh), brought(0xfffe, fresh)])
    expect(await other.next()).toEqual(brought(7, fresh))
    expect([...(await one.arrived()), ...(await other.arrived())]).toEqual([])
  })

  it("looks at received times of what comes as well", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await subscribe(peer, 1, { ...filter, receivedUntil: later(-1) })
    await subscribe(peer, 2, { ...filter, receivedSince: later(-1) })
    const fresh = write(ann)
    await rig.store.put([fresh])
    expect(await peer.next()).toEqual(brought(2, fresh))
    expect(await peer.arrived()).toEqual([])
  })

  it("ends with Unsubscribe, and brings nothing any more", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await subscribe(peer, 1)
    expect(rig.server.stats().subscriptions).toBe(1)
    expect(await peer.ask({ type: "unsubscribe", queryId: 1 }, "queryClosed")).toEqual([closed(1, RESULT.SUCCESS)])
    expect(rig.server.stats().subscriptions).toBe(0)
    await rig.store.put([write(ann)])
    await turn()
    expect(await peer.arrived()).toEqual([])
    expect(await peer.ask({ type: "unsubscribe", queryId: 1 }, "queryClosed")).toEqual([closed(1, RESULT.NOT_FOUND)])
  })

  it("is replaced by one of the same id, without a word about the old one", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await subscribe(peer, 1)
    expect(await subscribe(peer, 1, { authors: [bob.key] })).toEqual([{ type: "locallyComplete", queryId: 1 }])
    const [anns, bobs] = [write(ann), write(bob)]
    await rig.store.put([anns, bobs])
    expect(await peer.next()).toEqual(brought(1, bobs))
    expect(await peer.arrived()).toEqual([])
    expect(rig.server.stats().subscriptions).toBe(1)
    // By another kind of query as well.
    await peer.ask({ type: "get", queryId: 1, references: [] }, "queryClosed")
    expect(rig.server.stats().subscriptions).toBe(0)
  })

  it("is TOO_FAST beyond the bound of a connection; a replaced one does not count", async () => {
    await using rig = new Rig({ limits: { subscriptions: 2 } })
    const peer = await rig.connect()
    await subscribe(peer, 1)
    await subscribe(peer, 2)
    expect(await peer.ask({ type: "subscribe", queryId: 3, limit: 0, filter }, "queryClosed")).toEqual([closed(3, RESULT.TOO_FAST)])
    await subscribe(peer, 2)
    await peer.ask({ type: "unsubscribe", queryId: 1 }, "queryClosed")
    await subscribe(peer, 3)
  })

  it("lets a thousand of one connection through out of the box", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    for (let queryId = 0; queryId < 1_000; queryId += 1) await subscribe(peer, queryId, { authors: [ann.key], kinds: [MICROBLOG_ROOT] })
    await rig.store.put([write(ann)])
    for (let queryId = 0; queryId < 1_000; queryId += 1) expect(await peer.next()).toMatchObject({ type: "record", queryId })
  }, 60_000)

  it("is forgotten when its connection ends", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await subscribe(peer, 1)
    await peer.channel.close()
    while (rig.server.stats().connections > 0) await turn()
    expect(rig.server.stats()).toEqual({ connections: 0, subscriptions: 0, pendingBytes: 0, heldBytes: 0 })
  })

  it("has no gap and no double between what is stored and what comes, whenever it begins", async () => {
    const records = Array.from({ length: 240 }, () => write(ann, { timestamp: later(Math.random() * 1000) }))
    for (let round = 0; round < 15; round += 1) {
      await using rig = new Rig({ limits: { answerBytes: round % 2 === 0 ? 1 : 100_000 } })
      const { store } = rig
      const query = store.query.bind(store)
      // A disk takes its time, and meanwhile more is stored: before a page is read and after.
      store.query = async (...asked) => {
        for (let i = 0; i < round; i += 1) await turn()
        const page = await query(...asked)
        for (let i = round % 3 === 0 ? 15 : round; i < 15; i += 1) await turn()
        return page
      }
      await store.put(records.slice(0, 90))
      const peer = await rig.connect()
      const filling = (async () => {
        for (let at = 90; at < 240; at += 5) {
          await store.put(records.slice(at, at + 5))
          for (let i = 0; i < (at * (round + 1)) % 7; i += 1) await turn()
        }
      })()
      for (let i = 0; i < round * 3; i += 1) await turn()
      peer.send({ type: "subscribe", queryId: 1, limit: 0, filter })
      const messages = await peer.until("locallyComplete")
      const stored = idsOf(messages)
      expect(stored).toEqual(stored.toSorted().toReversed())
      await filling
      const ids = [...stored]
      while (ids.length < 240) ids.push(...idsOf([(await peer.next()) ?? closed(1, 0)]))
      expect(new Set(ids).size).toBe(240)
      await turn()
      expect(await peer.arrived()).toEqual([])
    }
  })
})
