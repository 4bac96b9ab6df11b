import { type Filter, type Reference, type Timestamp, type VerifiedRecord, parseTimestamp } from "@tessera/mosaic"
import fc from "fast-check"
import type { RecordPool } from "./record-pool.ts"

/** One thing that a test does to a store. */
export type Command =
  | { readonly do: "put"; readonly batches: readonly (readonly VerifiedRecord[])[]; readonly now: Timestamp }
  | { readonly do: "remove"; readonly ids: readonly Uint8Array[]; readonly forget: boolean }
  | { readonly do: "get"; readonly references: readonly Reference[] }
  | { readonly do: "query"; readonly filter: Filter; readonly limit: number }
  | { readonly do: "changes"; readonly back: number }
  | { readonly do: "reopen" }

/** Series of commands with records of a pool. */
export function commandsArbitrary(pool: RecordPool): fc.Arbitrary<Command[]> {
  const record = fc.constantFrom(...pool.records)
  // The clock mostly goes on, often stands, and sometimes jumps either way.
  const now = fc.oneof(fc.integer({ min: 50, max: 60 }), fc.integer({ min: 0, max: 400 })).map((time) => parseTimestamp(BigInt(time)))
  return fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("put" as const),
          batches: fc.array(fc.array(record, { maxLength: 12 }), { maxLength: 4 }),
          now,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("remove" as const),
          ids: fc.array(idArbitrary(record), { maxLength: 6 }),
          forget: fc.boolean(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant("get" as const), references: fc.array(referenceArbitrary(record), { maxLength: 8 }) }),
      },
      {
        weight: 8,
        arbitrary: fc.record({ do: fc.constant("query" as const), filter: filterArbitrary(pool), limit: fc.integer({ min: 1, max: 20 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("changes" as const), back: fc.nat({ max: 30 }) }) },
      { weight: 1, arbitrary: fc.constant({ do: "reopen" as const }) },
    ),
    { minLength: 10, maxLength: 40, size: "max" },
  )
}

/** Filters of up to three elements, of values that records have, that none has, and of none at all. */
export function filterArbitrary(pool: RecordPool): fc.Arbitrary<Filter> {
  const time = fc.bigInt({ min: pool.times[0] - 1n, max: pool.times[1] + 1n }).map(parseTimestamp)
  const received = fc.bigInt({ min: 0n, max: 420n }).map(parseTimestamp)
  const keys = (of: readonly Uint8Array[]): fc.Arbitrary<Uint8Array[]> =>
    fc.array(fc.oneof(fc.constantFrom(...of), similar(fc.constantFrom(...of))), { maxLength: 3 })
  const tags = fc.array(fc.constantFrom(...pool.tags, { type: 0x8001, value: Uint8Array.of(0x74, 0) }), { maxLength: 3 })
  const elements = {
    authors: keys(pool.authors),
    signers: keys(pool.signers),
    kinds: fc.array(fc.constantFrom(...pool.kinds), { maxLength: 3 }),
    timestamps: fc.array(time, { maxLength: 5 }),
    includedTags: fc.array(tags, { maxLength: 2 }),
    since: time,
    until: time,
    receivedSince: received,
    receivedUntil: received,
    exclude: fc.array(
      fc.constantFrom(...pool.records).map((record) => record.id.slice(0, 32)),
      { maxLength: 3 },
    ),
    excludedTags: fc.array(tags, { maxLength: 1 }),
  }
  // Few elements at a time: what asks for everything at once hardly ever gets an answer, and an empty one proves little.
  const names = fc.subarray(Object.keys(elements) as (keyof typeof elements)[], { maxLength: 3 })
  return fc.tuple(names, fc.record(elements)).map(([chosen, all]) => Object.fromEntries(chosen.map((name) => [name, all[name]])))
}

function idArbitrary(record: fc.Arbitrary<VerifiedRecord>): fc.Arbitrary<Uint8Array> {
  const id = record.map(({ id: bytes }): Uint8Array => bytes)
  return fc.oneof({ weight: 4, arbitrary: id }, { weight: 1, arbitrary: similar(id) })
}

function referenceArbitrary(record: fc.Arbitrary<VerifiedRecord>): fc.Arbitrary<Reference> {
  const reference = fc.oneof(
    record.map(({ id }): Reference => id),
    record.map(({ address }): Reference => address),
  )
  return fc.oneof({ weight: 4, arbitrary: reference }, { weight: 1, arbitrary: similar(reference) })
}

/** The same but for the last byte: what an index that holds only the first bytes cannot tell apart. */
function similar<T extends Uint8Array>(bytes: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return bytes.map((original) => {
    const changed = original.slice() as T
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    return changed
  })
}
