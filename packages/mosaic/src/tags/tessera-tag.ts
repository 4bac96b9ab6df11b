import { ByteReader } from "../byte-reader.ts"
import { ByteWriter } from "../byte-writer.ts"
import { DecodeError } from "../errors.ts"
import { type Kind, decodeKind } from "../kind.ts"
import { REFERENCE_LENGTH, type Reference, parseReference } from "../reference.ts"
import { type Timestamp, decodeTimestamp, encodeTimestamp } from "../timestamp.ts"
import type { Tag } from "./tag.ts"

/** When the record is over: stores drop it then. */
export const TAG_EXPIRES = 0x8b01
/** What a Retraction takes back. */
export const TAG_RETRACTS = 0x8b02
/** What a Reaction is about. */
export const TAG_REACTS_TO = 0x8b03

/** A tag of Tessera's, read. Any record may expire; the others mean something on records of their kind only. */
export type TesseraTag =
  | { readonly name: "expires"; readonly at: Timestamp }
  | { readonly name: "retracts"; readonly reference: Reference }
  | { readonly name: "reactsTo"; readonly kind: Kind; readonly reference: Reference }

/** The record is over at a time, and is dropped by every store then. Value: the timestamp, 8 bytes. */
export function expiresTag(at: Timestamp): Tag {
  return { type: TAG_EXPIRES, value: encodeTimestamp(at) }
}

/** A record of the same author (by id), or all its versions up to the Retraction's own time (by address), is taken back. Value: 48 bytes. */
export function retractsTag(reference: Reference): Tag {
  return { type: TAG_RETRACTS, value: new ByteWriter(REFERENCE_LENGTH).raw(reference).finish() }
}

/** What a Reaction is about. Value: its kind (8 bytes, big-endian), its id or address (48 bytes). */
export function reactsToTag(kind: Kind, reference: Reference): Tag {
  return { type: TAG_REACTS_TO, value: new ByteWriter(8 + REFERENCE_LENGTH).u64BE(kind).raw(reference).finish() }
}

/** Four zero bytes that core tags have before their fields. */
const PREFIX = 4
const LENGTH: ReadonlyMap<number, number> = new Map([
  [TAG_EXPIRES, 8],
  [TAG_RETRACTS, REFERENCE_LENGTH],
  [TAG_REACTS_TO, 8 + REFERENCE_LENGTH],
])

/**
 * Reads a tag of Tessera's; also when four zero bytes stand before its fields, as in core tags. A tag of another type, wrong size or content gives
 * `undefined`: it is carried, and means nothing.
 */
export function readTesseraTag(tag: Tag): TesseraTag | undefined {
  const length = LENGTH.get(tag.type)
  if (length === undefined) return undefined
  try {
    const reader = new ByteReader(tag.value)
    if (reader.remaining === PREFIX + length) reader.zeros(PREFIX)
    return read(tag.type, reader)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function read(type: number, reader: ByteReader): TesseraTag {
  switch (type) {
    case TAG_EXPIRES:
      return { name: "expires", at: decodeTimestamp(last(reader, 8)) }
    case TAG_RETRACTS:
      return { name: "retracts", reference: parseReference(last(reader, REFERENCE_LENGTH)) }
    default: {
      const kind = decodeKind(reader.take(8))
      return { name: "reactsTo", kind, reference: parseReference(last(reader, REFERENCE_LENGTH)) }
    }
  }
}

function last(reader: ByteReader, length: number): Uint8Array {
  const bytes = reader.take(length)
  reader.end()
  return bytes
}

/** When a record with these tags is over: the earliest time that one of them says; `undefined` when none does. */
export function expiryOf(tags: readonly Tag[]): Timestamp | undefined {
  let earliest: Timestamp | undefined
  for (const tag of tags) {
    if (tag.type !== TAG_EXPIRES) continue
    const expires = readTesseraTag(tag)
    if (expires?.name === "expires" && (earliest === undefined || expires.at < earliest)) earliest = expires.at
  }
  return earliest
}
