import {
  type KeyScheduleEntry,
  HOME,
  KEPT,
  RESULT,
  type ResultCode,
  type Timestamp,
  type VerifiedRecord,
  buildKept,
  buildKeySchedule,
  keptNonce,
  signAttestation,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const bob = persona(2)

/** A server whose clock a test moves; figures are seconds after noon. */
class Town implements AsyncDisposable {
  #now = NOON
  readonly rig = new Rig({ now: () => this.#now })

  static async open(): Promise<Town> {
    const town = new Town()
    town.peer = await town.rig.connect()
    return town
  }

  declare peer: RawPeer

  async submit(at: number, record: VerifiedRecord): Promise<ResultCode> {
    this.#now = later(at)
    const message = (await this.peer.ask({ type: "submission", record: record.bytes }, "submissionResult")).at(-1)
    if (message?.type !== "submissionResult") throw new Error("no answer")
    return message.result as ResultCode
  }

  /** By which ways a record is served. */
  async served(record: VerifiedRecord): Promise<string[]> {
    const ways: string[] = []
    const has = (messages: readonly { readonly type: string; readonly record?: Uint8Array }[]): boolean =>
      messages.some((message) => message.record !== undefined && Buffer.compare(message.record, record.bytes) === 0)
    for (const reference of [record.id, record.address])
      if (has(await this.peer.ask({ type: "get", queryId: 1, references: [reference] }, "queryClosed"))) ways.push("get")
    const filter = { authors: [record.author] }
    if (has(await this.peer.ask({ type: "query", queryId: 2, limit: 0, filter }, "queryClosed"))) ways.push("query")
    if (has(await this.peer.ask({ type: "subscribe", queryId: 3, limit: 0, filter }, "locallyComplete"))) ways.push("subscribe")
    await this.peer.ask({ type: "unsubscribe", queryId: 3 }, "queryClosed")
    return ways
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]()
  }
}

const EVERYWHERE = ["get", "get", "query", "subscribe"]
const byDevice = (at: number): VerifiedRecord => write(ann, { signer: ann.device, timestamp: later(at) })
const keptOf = (...records: readonly VerifiedRecord[]): VerifiedRecord =>
  buildKept({ master: ann.secret, device: ann.deviceKey, timestamp: later(300), ids: records.map(({ id }) => id) })

/** Ann's schedule that lists her device, perhaps several times. */
function listing(at: number, ...states: readonly (readonly [KeyScheduleEntry["state"], Timestamp])[]): VerifiedRecord {
  const attestation = signAttestation(ann.device, ann.key)
  const entries = states.map(([state, since]) => ({ use: "signing" as const, key: ann.deviceKey, state, since, attestation }))
  return buildKeySchedule({ master: ann.secret, timestamp: later(at), entries })
}

interface Case {
  readonly name: string
  /** When the note says that it was made, and when it was received under the first schedule. */
  readonly dated: number
  readonly received: number
  /** What the later schedule, made at 400 seconds, says of the device. */
  readonly states: readonly (readonly [KeyScheduleEntry["state"], number])[]
  readonly isKept?: boolean
  /** Whether it is still served, and whether another server would take it at 500 seconds. */
  readonly stays: boolean
  readonly taken: boolean
}

const CASES: readonly Case[] = [
  { name: "still active", dated: 100, received: 110, states: [["active", 0]], stays: true, taken: true },
  { name: "not listed any more", dated: 100, received: 110, states: [], stays: true, taken: false },
  { name: "out of use, dated before", dated: 100, received: 110, states: [["outOfUse", 200]], stays: true, taken: true },
  { name: "out of use, dated after: nothing is revoked", dated: 100, received: 110, states: [["outOfUse", 50]], stays: true, taken: false },
  { name: "out of use, nobody said when", dated: 100, received: 110, states: [["outOfUse", 0]], stays: true, taken: false },
  { name: "out of use, dated after, kept", dated: 100, received: 110, states: [["outOfUse", 50]], isKept: true, stays: true, taken: true },
  { name: "revoked from later on", dated: 100, received: 110, states: [["revokedPast", 200]], stays: true, taken: false },
  { name: "revoked from before it was received", dated: 100, received: 250, states: [["revokedPast", 200]], stays: false, taken: false },
  { name: "revoked from when it was received", dated: 100, received: 200, states: [["revokedPast", 200]], stays: false, taken: false },
  { name: "revoked, received before, dated after", dated: 250, received: 110, states: [["revokedPast", 200]], stays: false, taken: false },
  {
    name: "revoked, received after, kept",
    dated: 100,
    received: 250,
    states: [["revokedPast", 200]],
    isKept: true,
    stays: true,
    taken: true,
  },
  { name: "revoked for all", dated: 100, received: 110, states: [["revokedAll", 200]], stays: false, taken: false },
  { name: "revoked for all, kept", dated: 100, received: 110, states: [["revokedAll", 200]], isKept: true, stays: true, taken: true },
  {
    name: "listed as active and as revoked",
    dated: 100,
    received: 110,
    states: [
      ["active", 0],
      ["revokedAll", 200],
    ],
    stays: false,
    taken: false,
  },
]

describe("a later schedule", () => {
  for (const { name, dated, received, states, isKept = false, stays, taken } of CASES) {
    it(`decides about what is stored, and about what comes: ${name}`, async () => {
      await using town = await Town.open()
      const note = byDevice(dated)
      expect(await town.submit(1, schedule(ann))).toBe(RESULT.ACCEPTED)
      expect(await town.submit(received, note)).toBe(RESULT.ACCEPTED)
      expect(await town.served(note)).toEqual(EVERYWHERE)
      const newer = listing(400, ...states.map(([state, since]) => [state, since === 0 ? (0n as Timestamp) : later(since)] as const))
      const identity = isKept ? [keptOf(note), newer] : [newer]
      for (const record of identity) expect(await town.submit(400, record)).toBe(RESULT.ACCEPTED)
      expect(await town.served(note)).toEqual(stays ? EVERYWHERE : [])
      await using elsewhere = await Town.open()
      for (const record of identity) expect(await elsewhere.submit(400, record)).toBe(RESULT.ACCEPTED)
      expect(await elsewhere.submit(500, note)).toBe(taken ? RESULT.ACCEPTED : RESULT.UNAUTHORIZED)
    })
  }

  it("may be followed by its Kept record, and by a schedule that revokes nothing", async () => {
    await using town = await Town.open()
    const [first, second] = [byDevice(100), byDevice(101)]
    for (const record of [schedule(ann), first, second]) await town.submit(110, record)
    await town.submit(200, listing(200, ["revokedAll", later(200)]))
    expect([await town.served(first), await town.served(second)]).toEqual([[], []])
    await town.submit(201, keptOf(first))
    expect([await town.served(first), await town.served(second)]).toEqual([EVERYWHERE, []])
    await town.submit(300, listing(300, ["active", NOON]))
    expect([await town.served(first), await town.served(second)]).toEqual([EVERYWHERE, EVERYWHERE])
  })

  it("is not undone by a clock that jumps back before the revocation: what comes then still comes after it", async () => {
    await using town = await Town.open()
    await town.submit(1, schedule(ann))
    expect(await town.submit(400, listing(400, ["revokedPast", later(200)]))).toBe(RESULT.ACCEPTED)
    expect(await town.submit(150, byDevice(100))).toBe(RESULT.UNAUTHORIZED)
    // Somebody else on the same server, and her master key, are not held up.
    expect(await town.submit(150, schedule(bob))).toBe(RESULT.ACCEPTED)
    expect(await town.submit(150, write(bob, { signer: bob.device, timestamp: later(140) }))).toBe(RESULT.ACCEPTED)
    expect(await town.submit(150, write(ann, { timestamp: later(140) }))).toBe(RESULT.ACCEPTED)
  })

  it("that is older than what is known changes nothing", async () => {
    await using town = await Town.open()
    const note = byDevice(100)
    for (const record of [schedule(ann), note, listing(400, ["revokedAll", later(200)])]) await town.submit(400, record)
    expect(await town.submit(500, listing(300, ["active", NOON]))).toBe(RESULT.DUPLICATE)
    expect(await town.served(note)).toEqual([])
  })
})

it("a device in two masters' schedules acts for each as that one says", async () => {
  await using town = await Town.open()
  const attestation = signAttestation(ann.device, bob.key)
  const entry = { use: "signing", key: ann.deviceKey, state: "active", since: NOON, attestation } as const
  await town.submit(1, schedule(ann))
  await town.submit(1, buildKeySchedule({ master: bob.secret, timestamp: NOON, entries: [entry] }))
  const forBob = write(bob, { signer: ann.device, timestamp: later(5) })
  const forAnn = byDevice(5)
  expect([await town.submit(10, forAnn), await town.submit(10, forBob)]).toEqual([RESULT.ACCEPTED, RESULT.ACCEPTED])
  await town.submit(20, listing(20, ["revokedAll", later(2)]))
  expect([await town.served(forAnn), await town.served(forBob)]).toEqual([[], EVERYWHERE])
  expect(await town.submit(30, write(bob, { signer: ann.device, timestamp: later(25) }))).toBe(RESULT.ACCEPTED)
})

describe("identity", () => {
  const parts = { nonce: keptNonce(ann.deviceKey), timestamp: later(5) }
  const empty = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)

  it("is signed by the master key: Kept records and Homes of anybody else are refused, broken lists too", async () => {
    await using town = await Town.open()
    await town.submit(1, schedule(ann))
    const submit = (signer: typeof ann.secret, kind: typeof KEPT, payload: Uint8Array) =>
      town.submit(10, write(ann, { ...parts, signer, kind, payload }))
    expect(await submit(ann.device, KEPT, empty)).toBe(RESULT.UNAUTHORIZED)
    expect(await submit(ann.device, HOME, empty)).toBe(RESULT.UNAUTHORIZED)
    expect(await submit(ann.secret, KEPT, new Uint8Array(9))).toBe(RESULT.INVALID)
    expect(await submit(ann.secret, KEPT, empty)).toBe(RESULT.ACCEPTED)
    expect(await submit(ann.secret, HOME, empty)).toBe(RESULT.ACCEPTED)
  })

  it("a list that somebody else put into the store in an author's name keeps nothing", async () => {
    await using town = await Town.open()
    const note = byDevice(100)
    for (const record of [schedule(ann), note]) await town.submit(110, record)
    const list = keptOf(note)
    await town.rig.store.put([write(ann, { ...parts, signer: ann.device, kind: KEPT, payload: list.readPayload() })])
    await town.submit(400, listing(400, ["revokedAll", later(200)]))
    expect(await town.served(note)).toEqual([])
  })
})
