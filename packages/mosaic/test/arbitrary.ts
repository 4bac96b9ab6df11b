import fc from "fast-check"
import type { Filter } from "../src/filter/filter.ts"
import { isKind, parseKind } from "../src/kind.ts"
import type { Kind } from "../src/kind.ts"
import { parseReference } from "../src/reference.ts"
import type { Reference } from "../src/reference.ts"
import type { Tag } from "../src/tags/tag.ts"
import { MAX_TIMESTAMP, parseTimestamp } from "../src/timestamp.ts"
import type { Timestamp } from "../src/timestamp.ts"

/** Values of the core's types for properties, the edges included. */
export const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

export const timestamp: fc.Arbitrary<Timestamp> = fc.bigInt({ min: 0n, max: MAX_TIMESTAMP }).map((value) => parseTimestamp(value))

export const kind: fc.Arbitrary<Kind> = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 48n - 1n }), fc.integer({ min: 0, max: 31 }))
  .map(([upper, flags]) => (upper << 16n) | BigInt(flags))
  .filter(isKind)
  .map((value) => parseKind(value))

export const tag: fc.Arbitrary<Tag> = fc.record({ type: fc.integer({ min: 1, max: 0xffff }), value: fc.uint8Array({ maxLength: 40 }) })

export const reference: fc.Arbitrary<Reference> = fc.tuple(bytes(48), kind, fc.boolean()).map(([raw, ofKind, isAddress]) => {
  raw[0] = ((raw[0] ?? 0) & 0x7f) | (isAddress ? 0x80 : 0)
  if (isAddress) new DataView(raw.buffer).setBigUint64(8, ofKind)
  return parseReference(raw)
})

const keys = fc.array(bytes(32), { maxLength: 5 })
const tagLists = fc.array(fc.array(tag, { maxLength: 4 }), { minLength: 1, maxLength: 3 })

export const filter: fc.Arbitrary<Filter> = fc.record(
  {
    authors: keys,
    signers: keys,
    kinds: fc.array(kind, { maxLength: 5 }),
    timestamps: fc.array(timestamp, { maxLength: 5 }),
    includedTags: tagLists,
    since: timestamp,
    until: timestamp,
    receivedSince: timestamp,
    receivedUntil: timestamp,
    exclude: keys,
    excludedTags: tagLists,
  },
  { requiredKeys: [] },
)
