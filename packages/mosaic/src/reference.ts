import type { Brand } from "./brand.ts"
import { concatBytes, copyBytes } from "./bytes.ts"
import { DecodeError } from "./errors.ts"
import { type PublicKey, parsePublicKey } from "./keys/public-key.ts"
import { type Kind, decodeKind, encodeKind } from "./kind.ts"
import { type Nonce, parseNonce } from "./nonce.ts"
import { type Timestamp, decodeTimestamp } from "./timestamp.ts"

/** Names exactly one record: its timestamp and 40 bytes of its hash, 48 bytes that start with a 0 bit. (Specification: reference) */
export type RecordId = Brand<Uint8Array, "RecordId">

/** Names all versions of a record: nonce, kind and author, 48 bytes that start with a 1 bit. (Specification: reference) */
export type Address = Brand<Uint8Array, "Address">

/** What a record can be named by: one version, or all of them. */
export type Reference = RecordId | Address

/** Length in bytes of ids, addresses and so references. */
export const REFERENCE_LENGTH = 48

function take(bytes: Uint8Array, offset: number | undefined): Uint8Array {
  const taken = offset === undefined ? copyBytes(bytes) : copyBytes(bytes, offset, offset + REFERENCE_LENGTH)
  if (taken.length !== REFERENCE_LENGTH) throw new DecodeError("reference: 48 bytes expected", offset)
  return taken
}

/**
 * Copies a reference: all of `bytes`, or 48 bytes at `offset`.
 *
 * @throws {DecodeError} `reference` for another length, `reserved kind bits` for an address of no possible kind.
 */
export function parseReference(bytes: Uint8Array, offset?: number): Reference {
  const reference = take(bytes, offset)
  if (((reference[0] ?? 0) & 0x80) !== 0) decodeKind(reference, 8)
  return reference as Reference
}

/** As {@link parseReference}. @throws {DecodeError} `id` for an address. */
export function parseRecordId(bytes: Uint8Array, offset?: number): RecordId {
  const reference = parseReference(bytes, offset)
  if (!isRecordId(reference)) throw new DecodeError("id: an address", offset)
  return reference
}

/** As {@link parseReference}. @throws {DecodeError} `address` for an id. */
export function parseAddress(bytes: Uint8Array, offset?: number): Address {
  const reference = parseReference(bytes, offset)
  if (!isAddress(reference)) throw new DecodeError("address: an id", offset)
  return reference
}

/** Tells an address from an id, by the first bit. */
export function isAddress(reference: Reference): reference is Address {
  return ((reference[0] ?? 0) & 0x80) !== 0
}

/** Tells an id from an address, by the first bit. */
export function isRecordId(reference: Reference): reference is RecordId {
  return !isAddress(reference)
}

/** Puts an address together. */
export function makeAddress({ nonce, kind, author }: { nonce: Nonce; kind: Kind; author: PublicKey }): Address {
  return parseAddress(concatBytes(nonce, encodeKind(kind), author))
}

/** What makes the address unique within author and kind. */
export function addressNonce(address: Address): Nonce {
  return parseNonce(address, 0)
}

/** The kind of all records of the address. */
export function addressKind(address: Address): Kind {
  return decodeKind(address, 8)
}

/** The author's key, which is validated here, not when the address is parsed. @throws {VerifyError} when it is no valid key. */
export function addressAuthor(address: Address): PublicKey {
  return parsePublicKey(address, 16)
}

/** When the record says that it was made. */
export function recordIdTimestamp(id: RecordId): Timestamp {
  return decodeTimestamp(id)
}
