import { type Message, RESULT } from "@tessera/mosaic"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { persona, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const filter = { authors: [ann.key] }
const KIB = 1024
/** 4 MiB in all, more than a channel and a queue of these tests take. */
const records = Array.from({ length: 128 }, () => write(ann, { payload: new Uint8Array(32 * KIB) }))

const subscribe = (peer: RawPeer): Promise<Message[]> => peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter }, "locallyComplete")

describe("a slow reader", () => {
  it("loses its subscription, costs bounded memory and delays nobody", async () => {
    await using rig = new Rig({ limits: { liveBytes: 512 * KIB } })
    const [slow, quick] = [await rig.connect(), await rig.connect()]
    await subscribe(slow)
    await subscribe(quick)
    let peak = 0
    for (const record of records) {
      await rig.store.put([record])
      expect(await quick.next()).toMatchObject({ type: "record", queryId: 1 })
      peak = Math.max(peak, rig.server.stats().pendingBytes)
    }
    expect(peak).toBeGreaterThan(256 * KIB)
    expect(peak).toBeLessThan(600 * KIB)
    expect(rig.server.stats()).toMatchObject({ connections: 2, subscriptions: 1 })
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "slowReader", queryId: 1 }))
    // When it reads again it is told, and can go on.
    const messages = await slow.until("queryClosed")
    expect(messages.at(-1)).toEqual({ type: "queryClosed", queryId: 1, result: RESULT.TEMPORARY_ERROR })
    expect(messages.length).toBeLessThan(20)
    expect(await subscribe(slow)).toHaveLength(129)
  })

  it("loses its subscription also while what is stored is sent to it", async () => {
    await using rig = new Rig({ limits: { liveBytes: 256 * KIB, answerBytes: 64 * KIB } })
    await rig.store.put(records.slice(0, 64))
    const slow = await rig.connect()
    slow.send({ type: "subscribe", queryId: 1, limit: 0, filter })
    await delay(50)
    for (const record of records.slice(64)) await rig.store.put([record])
    await delay(20)
    expect(rig.server.stats().subscriptions).toBe(0)
    expect(rig.server.stats().pendingBytes).toBeLessThan(256 * KIB)
    const messages = await slow.until("queryClosed")
    expect(messages.at(-1)).toMatchObject({ result: RESULT.TEMPORARY_ERROR })
    expect(messages.some(({ type }) => type === "locallyComplete")).toBe(false)
    expect(await slow.arrived()).toEqual([])
  })

  it("loses its connection when it does not read at all", async () => {
    await using rig = new Rig({ limits: { writeMs: 60, liveBytes: 512 * KIB } })
    const [dead, quick] = [await rig.connect(), await rig.connect()]
    await subscribe(dead)
    await subscribe(quick)
    for (const record of records.slice(0, 10)) {
      await rig.store.put([record])
      await quick.next()
    }
    await delay(200)
    expect(rig.server.stats()).toMatchObject({ connections: 1, pendingBytes: 0 })
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "disconnected", reason: "the peer does not read" }))
    expect(await quick.arrived()).toEqual([])
  })

  it("of a long query makes the query wait, not the server's memory grow", async () => {
    await using rig = new Rig({ limits: { answerBytes: 64 * KIB } })
    await rig.store.put(records)
    const slow = await rig.connect()
    slow.send(...Array.from({ length: 5 }, (_, queryId): Message => ({ type: "query", queryId, limit: 0, filter })))
    await delay(100)
    expect(rig.server.stats().pendingBytes).toBeLessThan((64 + 6 * 33) * KIB)
    const quick = await rig.connect()
    expect(await quick.ask({ type: "query", queryId: 0, limit: 3, filter }, "queryClosed")).toHaveLength(4)
    for (let closed = 0; closed < 5; closed += 1) await slow.until("queryClosed")
  })

  it("that sends without reading answers is not read from any more", async () => {
    await using rig = new Rig({ limits: { answerBytes: 1 * KIB } })
    const peer = await rig.connect()
    let taken = 0
    const sending = (async () => {
      for (let i = 0; i < 40_000; i += 1) {
        await peer.channel.write(Uint8Array.of(0x77, 8, 0, 0, 0, 0, 0, 0))
        taken += 1
      }
    })()
    sending.catch(() => {})
    await delay(200)
    expect(taken).toBeLessThan(40_000)
    expect(rig.server.stats().pendingBytes).toBeLessThan(2 * KIB)
    await peer.channel.close()
  })
})
