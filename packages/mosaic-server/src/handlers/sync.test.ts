import {
  type Filter,
  type InitiatorStep,
  type Message,
  type VerifiedRecord,
  ItemSetBuilder,
  RESULT,
  encodeMessage,
  makeKind,
  notifyTag,
  startInitiator,
  stepInitiator,
  toHex,
} from "@tessera/mosaic"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { later, persona, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const [ann, bob] = [persona(1), persona(2)]
const filter: Filter = { authors: [ann.key] }
const OWN = makeKind({ application: 99, number: 2, handling: "unique", readers: "author" })

function finish<Result>(steps: Generator<void, Result, void>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function opening(records: readonly VerifiedRecord[]): InitiatorStep {
  const builder = new ItemSetBuilder()
  for (const { id } of records) builder.addRecord(id)
  return startInitiator(builder.finish(), { frameLength: 4_096, mostNeeded: 10_000 })
}

const first = (records: readonly VerifiedRecord[] = []): Uint8Array => opening(records).output.message ?? new Uint8Array(0)

/** What a peer who holds some records learns. */
async function reconcile(peer: RawPeer, records: readonly VerifiedRecord[], what: Filter = filter, queryId = 5) {
  const [have, need]: [string[], string[]] = [[], []]
  let step = opening(records)
  let message: Message = { type: "syncInit", queryId, filter: what, data: first(records) }
  for (;;) {
    peer.send(message)
    const answer = await peer.next()
    if (answer?.type !== "syncServerData" || answer.queryId !== queryId) throw new Error(JSON.stringify(answer))
    step = finish(stepInitiator(step.state, answer.data))
    have.push(...step.output.have.map(toHex))
    need.push(...step.output.need.map(toHex))
    if (step.output.message === undefined) break
    message = { type: "syncClientData", queryId, data: step.output.message }
  }
  peer.send({ type: "syncClose", queryId })
  return { have: have.toSorted(), need: need.toSorted() }
}

const prefixes = (...records: readonly VerifiedRecord[]): string[] => records.map(({ id }) => toHex(id.subarray(0, 32))).toSorted()
const failed = (queryId: number, result: number): Message => ({ type: "syncError", queryId, result })

describe("Sync", () => {
  it("tells what either side lacks, of what matches", async () => {
    await using rig = new Rig({ limits: { syncFrameBytes: 4_096 } })
    const peer = await rig.connect()
    const [both, mine, theirs] = [0, 1, 2].map(() => Array.from({ length: 120 }, () => write(ann)))
    await rig.store.put([...(both ?? []), ...(theirs ?? []), write(bob)])
    const result = await reconcile(peer, [...(both ?? []), ...(mine ?? [])])
    expect(result).toEqual({ have: prefixes(...(mine ?? [])), need: prefixes(...(theirs ?? [])) })
    expect(await peer.arrived()).toEqual([])
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("takes in what its peer submitted before, and nothing that comes while it runs", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const [early, late] = [write(ann), write(ann)]
    peer.send({ type: "submission", record: early.bytes })
    peer.send({ type: "syncInit", queryId: 1, filter, data: first() })
    expect(await peer.next()).toMatchObject({ type: "submissionResult" })
    const answer = await peer.next()
    if (answer?.type !== "syncServerData") throw new Error("no answer")
    await rig.store.put([late])
    peer.send({ type: "syncClientData", queryId: 1, data: first() })
    expect(await peer.next()).toEqual(answer)
    expect(toHex(answer.data)).toContain(toHex(early.id.subarray(0, 32)))
  })

  it("knows only what the peer may read", async () => {
    await using rig = new Rig()
    const open = write(ann)
    const tagged = write(ann, {
      kind: makeKind({ application: 99, number: 3, handling: "unique", readers: "tagged" }),
      tags: [notifyTag(bob.key)],
    })
    const own = write(ann, { kind: OWN })
    await rig.store.put([open, tagged, own])
    expect((await reconcile(await rig.connect(), [])).need).toEqual(prefixes(open))
    expect((await reconcile(await rig.connect(bob.key), [])).need).toEqual(prefixes(open, tagged))
    expect((await reconcile(await rig.connect(ann.key), [])).need).toEqual(prefixes(open, tagged, own))
  })

  it("is TOO_OPEN without a narrow element, and over more records than the limit", async () => {
    await using rig = new Rig({ limits: { syncItems: 3 } })
    const peer = await rig.connect()
    await rig.store.put(Array.from({ length: 4 }, () => write(ann)))
    await rig.store.put([write(bob)])
    for (const [queryId, what] of [{}, { since: later(0) }, filter].entries()) {
      peer.send({ type: "syncInit", queryId, filter: what, data: first() })
      expect(await peer.next()).toEqual(failed(queryId, RESULT.TOO_OPEN))
    }
    expect((await reconcile(peer, [], { authors: [bob.key] })).need).toHaveLength(1)
  })

  it("is INVALID for what is no message of it, and ends with that", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send({ type: "syncInit", queryId: 1, filter, data: Uint8Array.of(0x61, 0, 0, 3) })
    expect(await peer.next()).toEqual(failed(1, RESULT.INVALID))
    peer.send({ type: "syncClientData", queryId: 1, data: first() })
    expect(await peer.next()).toEqual(failed(1, RESULT.NOT_FOUND))
    // Cut off within its filter.
    const whole = encodeMessage({ type: "syncInit", queryId: 3, filter, data: first() }).slice(0, 20)
    whole[1] = 20
    peer.sendBytes(whole)
    expect(await peer.next()).toEqual(failed(3, RESULT.INVALID))
    expect((await reconcile(peer, [])).need).toEqual([])
  })

  it("answers another version of the protocol with its own", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send({ type: "syncInit", queryId: 1, filter, data: Uint8Array.of(0x62, 1, 2, 3) })
    expect(await peer.next()).toEqual({ type: "syncServerData", queryId: 1, data: Uint8Array.of(0x61) })
    peer.send({ type: "syncClientData", queryId: 1, data: first() })
    expect(await peer.next()).toMatchObject({ type: "syncServerData" })
  })

  it("is NOT_FOUND when data comes without Init, after a close, or for a query", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send({ type: "syncClientData", queryId: 9, data: first() })
    expect(await peer.next()).toEqual(failed(9, RESULT.NOT_FOUND))
    await reconcile(peer, [])
    peer.send({ type: "syncClientData", queryId: 5, data: first() })
    expect(await peer.next()).toEqual(failed(5, RESULT.NOT_FOUND))
    await peer.ask({ type: "subscribe", queryId: 6, limit: 0, filter }, "locallyComplete")
    peer.send({ type: "syncClientData", queryId: 6, data: first() })
    expect(await peer.next()).toEqual(failed(6, RESULT.NOT_FOUND))
    // A close of what is no reconciliation does nothing.
    peer.send({ type: "syncClose", queryId: 6 }, { type: "syncClose", queryId: 77 })
    expect(await peer.arrived()).toEqual([])
    expect(rig.server.stats().subscriptions).toBe(1)
  })

  it("is replaced by a query of the same id, and the other way round", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter }, "locallyComplete")
    await peer.ask({ type: "syncInit", queryId: 1, filter, data: first() }, "syncServerData")
    expect(rig.server.stats().subscriptions).toBe(0)
    await peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")
    peer.send({ type: "syncClientData", queryId: 1, data: first() })
    expect(await peer.next()).toEqual(failed(1, RESULT.NOT_FOUND))
    expect(rig.server.stats().heldBytes).toBe(0)
  })
})

describe("Sync under attack", () => {
  it("holds a few reconciliations a connection and no more: TOO_FAST", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await rig.store.put(Array.from({ length: 100 }, () => write(ann)))
    for (let queryId = 0; queryId < 1_000; queryId += 1) peer.send({ type: "syncInit", queryId, filter, data: first() })
    const answers: Message[] = []
    for (let each = 0; each < 1_000; each += 1) answers.push((await peer.next()) ?? failed(0, 0))
    expect(answers.filter(({ type }) => type === "syncServerData")).toHaveLength(4)
    expect(answers.filter((answer) => answer.type === "syncError" && answer.result === RESULT.TOO_FAST)).toHaveLength(996)
    expect(rig.server.stats().heldBytes).toBeLessThan(50_000)
    // Who closes one may begin another.
    peer.send({ type: "syncClose", queryId: 0 })
    expect((await reconcile(peer, [])).need).toHaveLength(100)
    await peer.channel.close()
    while (rig.server.stats().connections > 0) await delay(1)
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("ends one whose peer does not wait for answers: INVALID", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await rig.store.put(Array.from({ length: 50 }, () => write(ann)))
    peer.send({ type: "syncInit", queryId: 1, filter, data: first() })
    for (let each = 0; each < 3; each += 1) peer.send({ type: "syncClientData", queryId: 1, data: first() })
    expect(await peer.until("syncError")).toContainEqual(failed(1, RESULT.INVALID))
  })

  it("ends one whose peer is silent: TEMPORARY_ERROR", async () => {
    await using rig = new Rig({ limits: { syncIdleMs: 20 } })
    const peer = await rig.connect()
    await rig.store.put([write(ann)])
    await peer.ask({ type: "syncInit", queryId: 1, filter, data: first() }, "syncServerData")
    expect(await peer.next()).toEqual(failed(1, RESULT.TEMPORARY_ERROR))
    expect(rig.server.stats().heldBytes).toBe(0)
  })

  it("is as fair with giant messages as with others", async () => {
    await using rig = new Rig()
    const [greedy, quick] = [await rig.connect(), await rig.connect()]
    await rig.store.put(Array.from({ length: 200 }, () => write(ann)))
    // Ranges of nothing, 3 bytes each, by the ten thousand.
    const giant = new Uint8Array(400_000).map((_, at) => (at === 0 ? 0x61 : at % 3 === 1 ? 1 : 0))
    for (let queryId = 0; queryId < 4; queryId += 1) greedy.send({ type: "syncInit", queryId, filter, data: giant })
    await delay(20)
    const start = performance.now()
    await quick.ask({ type: "query", queryId: 1, limit: 1, filter }, "queryClosed")
    expect(performance.now() - start).toBeLessThan(500)
    for (let each = 0; each < 4; each += 1) expect(await greedy.next()).toMatchObject({ type: "syncServerData", data: Uint8Array.of(0x61) })
  })

  it("closes who makes the server hold too much with sets", async () => {
    await using rig = new Rig({ limits: { heldBytes: 40_000 } })
    await rig.store.put(Array.from({ length: 300 }, () => write(ann)))
    const [greedy, quick] = [await rig.connect(), await rig.connect()]
    for (let queryId = 0; queryId < 4; queryId += 1) greedy.send({ type: "syncInit", queryId, filter, data: first() })
    expect(await greedy.until("closing")).toContainEqual({ type: "closing", result: RESULT.TEMPORARY_ERROR })
    expect((await reconcile(quick, [])).need).toHaveLength(300)
    expect(await quick.arrived()).toEqual([])
    expect(rig.server.stats().heldBytes).toBe(0)
  })
})
