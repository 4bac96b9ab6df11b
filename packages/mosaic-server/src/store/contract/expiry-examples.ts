import {
  type Handling,
  type VerifiedRecord,
  buildRecord,
  encodeUtf8,
  expiresTag,
  makeKind,
  nonceFromBytes,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import type { RecordStore } from "../port.ts"
import type { StorePlace } from "./place.ts"

const SECRET = parseSecretKey(new Uint8Array(32).fill(9))
const AUTHOR = publicKeyOf(SECRET)
const SECOND = 1_000_000_000n
const START = 1_790_000_000n * SECOND

/** A record made at a second, that expires at another. */
function record(at: number, expires: number | undefined, nonce = at, handling: Handling = "unique"): VerifiedRecord {
  return buildRecord({
    author: AUTHOR,
    signer: SECRET,
    kind: makeKind({ application: 1, number: 6, handling, readers: "everybody" }),
    nonce: nonceFromBytes(new Uint8Array(8).fill(nonce)),
    timestamp: second(at),
    tags: expires === undefined ? [] : [expiresTag(second(expires))],
    payload: encodeUtf8(String(at)),
  })
}

const second = (at: number): ReturnType<typeof parseTimestamp> => parseTimestamp(START + BigInt(at) * SECOND)
const outcomesOf = async (store: RecordStore, ...batch: readonly VerifiedRecord[]): Promise<string[]> =>
  (await store.put(batch)).map(({ outcome }) => outcome)

/** All that a store shows, by every way in: the seconds at which it was made. */
async function seen(store: RecordStore, records: readonly VerifiedRecord[]): Promise<number[]> {
  const listed = (await store.query({ authors: [AUTHOR] }, { limit: 100 })).records
  const byId = await store.get(records.map(({ id }) => id))
  const byAddress = await store.get(records.map(({ address }) => address))
  const sequences = new Set([...byId, ...byAddress].map(({ sequence }) => sequence))
  expect(sequences).toEqual(new Set(listed.map(({ sequence }) => sequence)))
  const ending = new AbortController()
  const followed: number[] = []
  if (listed.length > 0) {
    for await (const { sequence } of store.changes(0, { signal: ending.signal })) {
      followed.push(sequence)
      if (followed.length === listed.length) ending.abort()
    }
  }
  expect(new Set(followed)).toEqual(sequences)
  return listed.map((stored) => Number((stored.record.timestamp - START) / SECOND)).sort((a, b) => a - b)
}

/** What the port says of expiry, one sentence a test. Time is the test's: no sweep comes in between, unless it waits for one. */
export function expiryExamples(makePlace: () => Promise<StorePlace>, forgets: boolean): void {
  const inStore =
    (act: (store: RecordStore, clock: { wall: number; passed: number }, place: StorePlace) => Promise<void>) => async (): Promise<void> => {
      await using place = await makePlace()
      const clock = { wall: 0, passed: 0 }
      await using store = await place.open(
        () => second(clock.wall),
        () => clock.passed * 1_000,
      )
      await act(store, clock, place)
    }

  test(
    "expiry: a record is served until its time and not after it, by every way in, and is taken no more",
    inStore(async (store, clock) => {
      const all = [record(1, 10), record(2, 20), record(3, undefined)]
      expect(await outcomesOf(store, ...all)).toEqual(["stored", "stored", "stored"])
      clock.wall = 9
      expect(await seen(store, all)).toEqual([1, 2, 3])
      clock.wall = 10
      expect(await seen(store, all)).toEqual([2, 3])
      expect(await outcomesOf(store, ...all, record(4, 10))).toEqual(["expired", "duplicate", "duplicate", "expired"])
      clock.wall = 20
      expect(await seen(store, all)).toEqual([3])
      expect(await store.remove(all.map(({ id }) => id))).toBe(1)
    }),
  )

  test(
    "expiry: of a replaceable address the newest that expired leaves nothing older behind",
    inStore(async (store, clock) => {
      const [old, young, newer] = [record(1, undefined, 1, "replaceable"), record(5, 10, 1, "replaceable"), record(6, 30, 1, "replaceable")]
      await store.put([young])
      clock.wall = 10
      expect(await seen(store, [young])).toEqual([])
      expect(await outcomesOf(store, old)).toEqual(["superseded"])
      expect(await outcomesOf(store, newer)).toEqual(["stored"])
      clock.wall = 30
      expect(await outcomesOf(store, old)).toEqual(["superseded"])
      expect(await seen(store, [old, young, newer])).toEqual([])
    }),
  )

  test(
    "expiry: a clock that jumps ahead hides for as long as it is wrong; one that goes back shows nothing again that is over",
    inStore(async (store, clock) => {
      const all = [record(1, 3_600), record(2, 7_200)]
      await store.put(all)
      clock.wall = 1_000_000
      expect(await seen(store, all)).toEqual([])
      // Nothing of it is dropped by a sweep.
      await new Promise((resolve) => setTimeout(resolve, 20))
      Object.assign(clock, { wall: 3_599, passed: 3_599 })
      expect(await seen(store, all)).toEqual([1, 2])
      Object.assign(clock, { wall: 3_600, passed: 3_600 })
      expect(await seen(store, all)).toEqual([2])
      clock.wall = -1_000
      expect(await seen(store, all)).toEqual([2])
      clock.passed = 7_200
      expect(await seen(store, all)).toEqual([])
    }),
  )

  test(
    "expiry: after a restart, a clock that went back lets nothing in again that was dropped",
    inStore(async (store, clock, place) => {
      if (forgets) return
      const [short, long] = [record(1, 10), record(2, 5_000)]
      await store.put([short, long])
      await store[Symbol.asyncDispose]()
      Object.assign(clock, { wall: 20, passed: 0 })
      const open = () =>
        place.open(
          () => second(clock.wall),
          () => clock.passed * 1_000,
        )
      {
        // Dropped at once, by the sweep that the opening causes.
        await using again = await open()
        await new Promise((resolve) => setTimeout(resolve, 50))
        expect(await seen(again, [short, long])).toEqual([2])
      }
      clock.wall = 0
      await using again = await open()
      expect(await outcomesOf(again, short, long)).toEqual(["expired", "duplicate"])
      expect(await seen(again, [short, long])).toEqual([2])
    }),
  )
}
