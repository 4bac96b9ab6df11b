import {
  type Timestamp,
  type VerifiedRecord,
  buildRecord,
  encodeUtf8,
  makeKind,
  nonceFromBytes,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
} from "@tessera/mosaic"
import { expect, test } from "vitest"
import { type RecordStore, StorageError, type StoredRecord } from "../port.ts"
import type { StorePlace } from "./place.ts"

const SECRET = parseSecretKey(new Uint8Array(32).fill(9))
const AUTHOR = publicKeyOf(SECRET)

/** A record by its time, address and handling; `salt` makes another one of the same. */
function record(at: number, handling: "unique" | "versioned" | "replaceable" | "ephemeral", nonce: number, salt = ""): VerifiedRecord {
  return buildRecord({
    author: AUTHOR,
    signer: SECRET,
    kind: makeKind({ application: 1, number: 5, handling, readers: "everybody" }),
    nonce: nonceFromBytes(new Uint8Array(8).fill(nonce)),
    timestamp: parseTimestamp(BigInt(at)),
    payload: encodeUtf8(salt),
  })
}

const clock = (): Timestamp => parseTimestamp(77n)
const outcomesOf = async (store: RecordStore, ...batch: readonly VerifiedRecord[]): Promise<string[]> =>
  (await store.put(batch)).map(({ outcome }) => outcome)
const payloads = (list: readonly StoredRecord[]): string[] => list.map((stored) => Buffer.from(stored.record.payload).toString())

/** The examples of the contract, one sentence of the port each. */
export function examples(makePlace: () => Promise<StorePlace>, forgets: boolean): void {
  const inStore = (act: (store: RecordStore, place: StorePlace) => Promise<void>) => async (): Promise<void> => {
    await using place = await makePlace()
    const store = await place.open(clock)
    try {
      await act(store, place)
    } finally {
      await store[Symbol.asyncDispose]()
    }
  }

  test(
    "a batch is taken in its order: what repeats is a duplicate, what is older is superseded",
    inStore(async (store) => {
      const [old, young] = [record(1, "replaceable", 1, "old"), record(2, "replaceable", 1, "young")]
      expect(await outcomesOf(store, young, young, old, record(1, "unique", 1))).toEqual(["stored", "duplicate", "superseded", "stored"])
      expect(await outcomesOf(store, young, old)).toEqual(["duplicate", "superseded"])
      expect(await store.lastSequence()).toBe(2)
    }),
  )

  test(
    "of a replaceable address only the newest is served, by id, address and query",
    inStore(async (store) => {
      const [old, young] = [record(1, "replaceable", 1, "old"), record(2, "replaceable", 1, "young")]
      expect(await outcomesOf(store, old, young)).toEqual(["stored", "stored"])
      expect(payloads(await store.get([old.id, young.id]))).toEqual(["young"])
      expect(payloads(await store.get([old.address]))).toEqual(["young"])
      expect(payloads((await store.query({ authors: [AUTHOR] }, { limit: 10 })).records)).toEqual(["young"])
    }),
  )

  test(
    "of equal times the greater id wins",
    inStore(async (store) => {
      const [a, b] = [record(5, "replaceable", 1, "a"), record(5, "replaceable", 1, "b")]
      const [lesser, greater] = Buffer.compare(a.id, b.id) < 0 ? [a, b] : [b, a]
      expect(await outcomesOf(store, greater)).toEqual(["stored"])
      expect(await outcomesOf(store, lesser)).toEqual(["superseded"])
      expect((await store.get([a.address])).map((stored) => stored.record.id)).toEqual([greater.id])
    }),
  )

  test(
    "unique and versioned kinds keep all of an address, newest first",
    inStore(async (store) => {
      for (const handling of ["unique", "versioned"] as const) {
        const versions = [record(2, handling, 3, "second"), record(1, handling, 3, "first"), record(3, handling, 3, "third")]
        expect(await outcomesOf(store, ...versions)).toEqual(["stored", "stored", "stored"])
        expect(payloads(await store.get(versions.slice(0, 1).map(({ address }) => address)))).toEqual(["third", "second", "first"])
      }
    }),
  )

  test(
    "what was forgotten is gone, and may come back",
    inStore(async (store) => {
      const gone = record(2, "unique", 2, "gone")
      await store.put([gone])
      expect(await store.remove([gone.id], { forget: true })).toBe(1)
      expect(await store.get([gone.id])).toEqual([])
      expect(await store.put([gone])).toMatchObject([{ outcome: "stored", sequence: 2 }])
      await store.remove([gone.id], { forget: false })
      expect(await outcomesOf(store, gone)).toEqual(["duplicate"])
    }),
  )

  test(
    "what was removed is gone, and does not come back",
    inStore(async (store, place) => {
      const [kept, gone] = [record(1, "unique", 1, "kept"), record(2, "unique", 2, "gone")]
      await store.put([kept, gone])
      expect(await store.remove([gone.id, gone.id, record(9, "unique", 9).id])).toBe(1)
      expect(await store.remove([gone.id])).toBe(0)
      expect(await outcomesOf(store, gone)).toEqual(["duplicate"])
      expect(payloads((await store.query({}, { limit: 10 })).records)).toEqual(["kept"])
      if (forgets) return
      await store[Symbol.asyncDispose]()
      await using again = await place.open(clock)
      expect(await outcomesOf(again, gone, kept)).toEqual(["duplicate", "duplicate"])
      expect(await again.lastSequence()).toBe(2)
    }),
  )

  test("times of receipt only ever grow, when the clock stands, goes back or starts anew", async () => {
    await using place = await makePlace()
    const times: bigint[] = []
    const clocks = [50n, 50n, 10n, 60n, 0n, 61n]
    let now = 50n
    const tick = (): Timestamp => parseTimestamp(now)
    const putOne = async (store: RecordStore, nonce: number): Promise<void> => {
      now = clocks.shift() ?? 0n
      const [outcome] = await store.put([record(nonce, "unique", nonce)])
      if (outcome?.outcome === "stored") times.push(outcome.received)
    }
    {
      await using store = await place.open(tick)
      for (const nonce of [1, 2, 3]) await putOne(store, nonce)
      if (forgets) for (const nonce of [4, 5, 6]) await putOne(store, nonce)
    }
    if (!forgets) {
      await using store = await place.open(tick)
      for (const nonce of [4, 5, 6]) await putOne(store, nonce)
    }
    expect(times).toEqual([50n, 51n, 52n, 60n, 61n, 62n])
  })

  test(
    "a page says exactly whether there is another",
    inStore(async (store) => {
      await store.put([1, 2, 3, 4].map((at) => record(at, "unique", at, String(at))))
      const first = await store.query({}, { limit: 2 })
      expect([payloads(first.records), first.next === undefined]).toEqual([["4", "3"], false])
      const second = await store.query({}, { limit: 2, ...(first.next !== undefined && { cursor: first.next }) })
      expect([payloads(second.records), second.next]).toEqual([["2", "1"], undefined])
    }),
  )

  test(
    "what no caller may ask is refused",
    inStore(async (store) => {
      for (const limit of [0, 1_001, 1.5, Number.NaN]) await expect(store.query({}, { limit })).rejects.toThrow(RangeError)
      const cursor = { timestamp: parseTimestamp(3n), id: new Uint8Array(48) }
      await expect(store.query({}, { limit: 1, cursor })).rejects.toThrow(RangeError)
      await expect(store.put([record(1, "unique", 1), record(1, "ephemeral", 1)])).rejects.toThrow(RangeError)
      expect(await store.lastSequence()).toBe(0)
      expect(await store.put([])).toEqual([])
    }),
  )

  test(
    "a closed store says so, and closing twice is no fault",
    inStore(async (store) => {
      await store[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      await expect(store.put([record(1, "unique", 1)])).rejects.toThrow(StorageError)
      await expect(store.query({}, { limit: 1 })).rejects.toThrow(StorageError)
      await expect(store.get([])).rejects.toThrow(StorageError)
      await expect(store.remove([AUTHOR])).rejects.toThrow(StorageError)
      await expect(store.lastSequence()).rejects.toThrow(StorageError)
    }),
  )

  test(
    "what is under way when the store is closed is still done",
    inStore(async (store) => {
      const putting = store.put([record(1, "unique", 1)])
      await store[Symbol.asyncDispose]()
      expect((await putting).map(({ outcome }) => outcome)).toEqual(["stored"])
    }),
  )

  test(
    "changes: every reader gets each record once and in order, while many write",
    inStore(async (store) => {
      const records = Array.from({ length: 400 }, (_, index) => record(1_000 - index, "unique", index % 251, String(index)))
      const ending = new AbortController()
      const readers = [0, 0, 100, 390].map(async (after) => {
        // Each begins at another moment.
        while ((await store.lastSequence()) < after) await new Promise((resolve) => setTimeout(resolve, 1))
        const sequences: number[] = []
        for await (const { sequence } of store.changes(after, { signal: ending.signal })) {
          sequences.push(sequence)
          if (sequence === records.length) break
          if (sequence % 17 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        }
        expect(sequences).toEqual(Array.from({ length: records.length - after }, (_, index) => after + index + 1))
      })
      const writers = [0, 1, 2, 3].map(async (writer) => {
        for (let start = writer * 100; start < (writer + 1) * 100; start += 5) await store.put(records.slice(start, start + 5))
      })
      await Promise.all([...writers, ...readers])
    }),
  )

  test(
    "changes: hands out nothing that was dropped while the reader was busy",
    inStore(async (store) => {
      const [first, gone, replaced] = [
        record(1, "unique", 1, "first"),
        record(2, "unique", 2, "gone"),
        record(3, "replaceable", 3, "replaced"),
      ]
      await store.put([first, gone, replaced])
      const ending = new AbortController()
      const got: string[] = []
      for await (const stored of store.changes(0, { signal: ending.signal })) {
        got.push(...payloads([stored]))
        if (got.length === 1) {
          await store.remove([gone.id])
          await store.put([record(4, "replaceable", 3, "newer")])
        }
        if (got.at(-1) === "newer") ending.abort()
      }
      expect(got).toEqual(["first", "newer"])
    }),
  )

  test(
    "changes: end when told, and when the store is closed",
    inStore(async (store) => {
      await store.put([record(1, "unique", 1)])
      const ending = new AbortController()
      const follow = async (signal: AbortSignal): Promise<number> => {
        let count = 0
        for await (const stored of store.changes(0, { signal })) count += stored.sequence
        return count
      }
      const [told, closed] = [follow(ending.signal), follow(new AbortController().signal)]
      await new Promise((resolve) => setTimeout(resolve, 5))
      ending.abort()
      expect(await told).toBe(1)
      await store[Symbol.asyncDispose]()
      expect(await closed).toBe(1)
      expect(await follow(AbortSignal.abort()).catch((error: unknown) => error)).toBeInstanceOf(StorageError)
    }),
  )
}
