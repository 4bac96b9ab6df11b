import {
  type Kind,
  type Reference,
  type SecretKey,
  type VerifiedRecord,
  KEPT,
  KEY_SCHEDULE,
  PROFILE,
  buildRecord,
  encodeUtf8,
  makeKind,
  nonceFromBytes,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  retractionKind,
  retractsTag,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import type { RecordStore } from "../port.ts"
import type { StorePlace } from "./place.ts"

const secret = (fill: number): SecretKey => parseSecretKey(new Uint8Array(32).fill(fill))
const MASTER = secret(9)
const DEVICE = secret(10)
const OTHER = secret(11)
const UNIQUE = makeKind({ application: 1, number: 5, handling: "unique", readers: "everybody" })
const REPLACEABLE = makeKind({ application: 1, number: 5, handling: "replaceable", readers: "everybody" })
const VERSIONED = makeKind({ application: 1, number: 5, handling: "versioned", readers: "everybody" })

interface Parts {
  readonly author?: SecretKey
  readonly signer?: SecretKey
  readonly kind?: Kind
  readonly retracts?: readonly Reference[]
  readonly text?: string
}

function record(
  at: number,
  { author = MASTER, signer = author, kind = UNIQUE, retracts = [], text = String(at) }: Parts = {},
): VerifiedRecord {
  return buildRecord({
    author: publicKeyOf(author),
    signer,
    kind: retracts.length > 0 ? retractionKind("everybody") : kind,
    nonce: nonceFromBytes(new Uint8Array(8).fill(retracts.length > 0 ? at : 1)),
    timestamp: parseTimestamp(BigInt(at)),
    tags: retracts.map(retractsTag),
    payload: encodeUtf8(text),
  })
}

const outcomesOf = async (store: RecordStore, ...batch: readonly VerifiedRecord[]): Promise<string[]> =>
  (await store.put(batch)).map(({ outcome }) => outcome)
const timesOf = async (store: RecordStore): Promise<bigint[]> =>
  (await store.query({}, { limit: 100 })).records.map((stored) => stored.record.timestamp)

/** What the port says of retraction, one sentence a test. */
export function retractionExamples(makePlace: () => Promise<StorePlace>, forgets: boolean): void {
  const inStore = (act: (store: RecordStore, place: StorePlace) => Promise<void>) => async (): Promise<void> => {
    await using place = await makePlace()
    await using store = await place.open(() => parseTimestamp(77n))
    await act(store, place)
  }

  test(
    "retraction: by id takes one version, is served itself, and what it took does not come back",
    inStore(async (store, place) => {
      const [first, second] = [record(1), record(2)]
      const retraction = record(3, { retracts: [first.id], signer: DEVICE })
      expect(await outcomesOf(store, first, second, retraction)).toEqual(["stored", "stored", "stored"])
      expect(await store.get([first.id])).toEqual([])
      expect((await store.get([first.address])).map((stored) => stored.sequence)).toEqual([2])
      expect(await timesOf(store)).toEqual([3n, 2n])
      expect(await outcomesOf(store, first, retraction)).toEqual(["duplicate", "duplicate"])
      const ending = new AbortController()
      const followed: number[] = []
      for await (const { sequence } of store.changes(0, { signal: ending.signal })) {
        followed.push(sequence)
        if (sequence === 3) ending.abort()
      }
      expect(followed).toEqual([2, 3])
      if (forgets) return
      await store[Symbol.asyncDispose]()
      await using again = await place.open(() => parseTimestamp(77n))
      expect(await outcomesOf(again, first)).toEqual(["duplicate"])
      expect(await timesOf(again)).toEqual([3n, 2n])
    }),
  )

  test(
    "retraction: by address takes all versions up to its own time, those that come later too, and no newer ones",
    inStore(async (store) => {
      const versions = [1, 2, 3, 5].map((at) => record(at, { kind: VERSIONED }))
      const [first, second, third, fifth] = versions
      if (first === undefined || second === undefined || third === undefined || fifth === undefined) throw new Error("four of four")
      const retraction = record(3, { retracts: [first.address] })
      expect(await outcomesOf(store, first, third, fifth, retraction)).toEqual(["stored", "stored", "stored", "stored"])
      expect(await timesOf(store)).toEqual([5n, 3n])
      expect(await outcomesOf(store, second, record(4, { kind: VERSIONED }))).toEqual(["duplicate", "stored"])
      expect((await store.get([first.address])).map((stored) => stored.record.timestamp)).toEqual([5n, 4n])
    }),
  )

  test(
    "retraction: one that comes before its target holds when that comes",
    inStore(async (store, place) => {
      const [byId, byAddress] = [record(1), record(2, { kind: VERSIONED })]
      await store.put([record(3, { retracts: [byId.id, byAddress.address] })])
      expect(await outcomesOf(store, byId, byAddress)).toEqual(["duplicate", "duplicate"])
      if (forgets) return
      await store[Symbol.asyncDispose]()
      await using again = await place.open(() => parseTimestamp(77n))
      expect(await outcomesOf(again, byId, byAddress)).toEqual(["duplicate", "duplicate"])
    }),
  )

  test(
    "retraction: somebody else's takes nothing, neither what is there nor what comes later",
    inStore(async (store) => {
      const [here, later] = [record(1), record(2)]
      await store.put([here])
      const foreign = record(3, { author: OTHER, retracts: [here.id, here.address, later.id, later.address] })
      expect(await outcomesOf(store, foreign, later)).toEqual(["stored", "stored"])
      expect(await timesOf(store)).toEqual([3n, 2n, 1n])
      // The foreign one does not stand in the way of the author's own.
      await store.put([record(4, { retracts: [here.id, later.id] })])
      expect(await timesOf(store)).toEqual([4n, 3n])
    }),
  )

  test(
    "retraction: key schedules, kept lists and retractions stay, whoever signs, and whichever comes first",
    inStore(async (store) => {
      const kinds = [KEY_SCHEDULE, KEPT]
      const [schedule, kept] = kinds.map((kind) => record(1, { kind }))
      if (schedule === undefined || kept === undefined) throw new Error("two of two")
      const gone = record(2)
      const earlier = record(3, { retracts: [gone.id] })
      const all = [schedule, kept, earlier].flatMap(({ id, address }) => [id, address])
      expect(await outcomesOf(store, schedule, gone, earlier, record(4, { retracts: all }), kept)).toEqual(Array(5).fill("stored"))
      expect(await timesOf(store)).toEqual([4n, 3n, 1n, 1n])
      expect(await outcomesOf(store, gone)).toEqual(["duplicate"])
    }),
  )

  test(
    "retraction: what only the master key signs only the master key takes back",
    inStore(async (store) => {
      const profile = record(1, { kind: PROFILE })
      const byDevice = record(2, { retracts: [profile.id, profile.address], signer: DEVICE })
      expect(await outcomesOf(store, byDevice, profile)).toEqual(["stored", "stored"])
      await store.put([record(3, { retracts: [profile.id], signer: DEVICE })])
      expect(await timesOf(store)).toEqual([3n, 2n, 1n])
      await store.put([record(4, { retracts: [profile.id] })])
      expect(await timesOf(store)).toEqual([4n, 3n, 2n])
      expect(await outcomesOf(store, profile)).toEqual(["duplicate"])
    }),
  )

  test(
    "retraction: of a replaceable address nothing older comes back, and something newer may",
    inStore(async (store) => {
      const [old, young, newer] = [1, 5, 6].map((at) => record(at, { kind: REPLACEABLE }))
      if (old === undefined || young === undefined || newer === undefined) throw new Error("three of three")
      await store.put([young, record(2, { retracts: [young.id] })])
      expect(await store.get([young.address])).toEqual([])
      expect(await outcomesOf(store, old, young, newer)).toEqual(["superseded", "duplicate", "stored"])
    }),
  )

  test(
    "retraction: what it did stays done when it is dropped itself",
    inStore(async (store) => {
      const target = record(1)
      const retraction = record(2, { retracts: [target.id] })
      await store.put([target, retraction])
      await store.remove([retraction.id], { forget: true })
      expect(await timesOf(store)).toEqual([])
      expect(await outcomesOf(store, target)).toEqual(["duplicate"])
    }),
  )
}
