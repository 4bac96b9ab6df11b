import * as fc from "fast-check"
import type { Filter } from "../src/filter/filter.ts"
import { isKind, parseKind } from "../src/kind.ts"
import type { Kind } from "../src/kind.ts"
import type { Message } from "../src/message/message.ts"
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

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const applications = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 5 })
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name)
const anyBytes = fc.uint8Array({ maxLength: 300 })
const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const key = bytes(32).filter((value) => value.some((byte) => byte !== 0))
const selector = fc.constantFrom("user", "server")
const sequence = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const text = fc.oneof(fc.uint8Array({ maxLength: 300 }), bytes(983))

export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: type("hello"), version: u16, applications }),
  fc.record({ type: type("get"), queryId: u16, references: fc.array(reference, { maxLength: 4 }) }),
  fc.record({ type: type("query"), queryId: u16, limit: u16, filter }),
  fc.record({ type: type("subscribe"), queryId: u16, limit: u16, filter }),
  fc.record({ type: type("unsubscribe"), queryId: u16 }),
  fc.record({ type: type("submission"), record: anyBytes }),
  fc.record({ type: type("helloAck"), result: u8, version: u16, applications }),
  fc.record({ type: type("record"), queryId: u16, record: anyBytes }),
  fc.record({ type: type("locallyComplete"), queryId: u16 }),
  fc.record({ type: type("queryClosed"), queryId: u16, result: u8 }),
  fc.record({ type: type("submissionResult"), result: u8, idPrefix: bytes(32) }),
  fc.record({ type: type("closing"), result: u8 }),
  fc.record({ type: type("unrecognized") }),
  fc.record({ type: type("helloAuth"), signature: bytes(64) }),
  fc.record({ type: type("identify"), key: fc.option(key, { nil: undefined }), nonce: bytes(32) }),
  fc.record({ type: type("identity"), key: bytes(32), nonce: bytes(32), proof: bytes(64) }),
  fc.record({ type: type("blobGet"), hash: bytes(32) }),
  fc.record({ type: type("blobSubmission"), length: u48, hash: bytes(32) }),
  fc.record({ type: type("blobResult"), result: u8, length: u48, hash: bytes(32) }),
  fc.record({ type: type("blobSubmissionResult"), result: u8, hash: bytes(32) }),
  fc.record({ type: type("dhtLookup"), selector, key: bytes(32) }),
  fc.record({ type: type("dhtPut"), selector, key: bytes(32), sequence, signature: bytes(64), text }),
  fc.record({ type: type("dhtResponse"), result: u8, selector, key: bytes(32), sequence, signature: bytes(64), text }),
  fc.record({ type: type("dhtPutResult"), result: u8, key: bytes(32) }),
  fc.record({ type: type("syncInit"), queryId: u16, filter, data: anyBytes }),
  fc.record({ type: type("syncClientData"), queryId: u16, data: anyBytes }),
  fc.record({ type: type("syncClose"), queryId: u16 }),
  fc.record({ type: type("syncServerData"), queryId: u16, data: anyBytes }),
  fc.record({ type: type("syncError"), queryId: u16, result: u8 }),
)

/** Messages that other bytes do not follow: all but those that carry a blob. */
export const framedMessage: fc.Arbitrary<Message> = message.filter(({ type: name }) => name !== "blobSubmission" && name !== "blobResult")
