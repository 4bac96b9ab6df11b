import { blake3 } from "@noble/hashes/blake3.js"
import type { Brand } from "./brand.ts"
import { copyBytes, encodeUtf8 } from "./bytes.ts"
import { DecodeError } from "./errors.ts"
import { type Timestamp, encodeTimestamp } from "./timestamp.ts"

/** What makes an address unique within author and kind: 8 bytes, the first bit 1. (Specification: record, "Unique Nonce") */
export type Nonce = Brand<Uint8Array, "Nonce">

/** Copies 8 bytes at `offset`. @throws {DecodeError} `nonce` when the first bit is 0 or the bytes are not 8. */
export function parseNonce(bytes: Uint8Array, offset?: number): Nonce {
  const nonce = offset === undefined ? copyBytes(bytes) : copyBytes(bytes, offset, offset + 8)
  if (nonce.length !== 8) throw new DecodeError("nonce: 8 bytes expected", offset)
  if (((nonce[0] ?? 0) & 0x80) === 0) throw new DecodeError("nonce", offset)
  return nonce as Nonce
}

/** A nonce of 8 bytes, of which the first bit is set; with random bytes, a random one. @throws {RangeError} for another length. */
export function nonceFromBytes(bytes: Uint8Array): Nonce {
  if (bytes.length !== 8) throw new RangeError(`bytes: 8 expected, not ${bytes.length}`)
  const nonce = copyBytes(bytes)
  nonce[0] = (nonce[0] ?? 0) | 0x80
  return parseNonce(nonce)
}

/** A nonce that sorts by time. */
export function nonceFromTimestamp(timestamp: Timestamp): Nonce {
  return nonceFromBytes(encodeTimestamp(timestamp))
}

/** The well-known nonce of a text: the first 8 bytes of BLAKE3 over its UTF-8, the first bit set. */
export function nonceFromText(text: string): Nonce {
  return nonceFromBytes(blake3(encodeUtf8(text)).subarray(0, 8))
}
