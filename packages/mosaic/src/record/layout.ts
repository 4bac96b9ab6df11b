import { DecodeError } from "../errors.ts"
import { decodeKind } from "../kind.ts"
import { decodeTimestamp } from "../timestamp.ts"

/** The shortest record in bytes: header and signature, no tags, no payload. */
export const MIN_RECORD_LENGTH = 216

/** The longest record in bytes, 1 MiB. */
export const MAX_RECORD_LENGTH = 1_048_576

/** Where the fields of the header start. (Specification: record, "Layout") */
export const AT = {
  id: 0,
  hash: 8,
  nonce: 48,
  kind: 56,
  author: 64,
  signer: 96,
  timestamp: 128,
  flags: 136,
  tagsLength: 144,
  signatureLength: 146,
  payloadLength: 148,
  tags: 152,
} as const

/** Bits of flag byte 0. */
export const FLAG_ZSTD = 0x01
export const FLAG_FROM_AUTHOR = 0x04
const FLAG_SCHEME = 0xc0
const FLAGS_RESERVED = 0x3a

/** Where the sections of one record lie. What is between them is padding, which is signed too. */
export interface RecordLayout {
  readonly tagsEnd: number
  readonly payload: number
  readonly payloadEnd: number
  readonly signature: number
}

/** Rounds up to a multiple of 8. No bit operations: they would wrap lengths of 32 bits. */
export function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}

/**
 * Checks everything about a record that needs no hashing, and finds its sections.
 *
 * @throws {DecodeError} naming the first fault.
 */
export function readLayout(bytes: Uint8Array): RecordLayout {
  if (bytes.length < AT.tags || bytes.length > MAX_RECORD_LENGTH) throw new DecodeError("length")
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tagsLength = view.getUint16(AT.tagsLength, true)
  const signatureLength = view.getUint16(AT.signatureLength, true)
  const payloadLength = view.getUint32(AT.payloadLength, true)
  const payload = AT.tags + padded(tagsLength)
  const signature = payload + padded(payloadLength)
  if (bytes.length !== signature + padded(signatureLength)) throw new DecodeError("section lengths", AT.tagsLength)
  checkFlags(view)
  if (signatureLength !== 64) throw new DecodeError("signature length", AT.signatureLength)
  const timestamp = decodeTimestamp(bytes, AT.timestamp)
  if (view.getBigUint64(AT.id) !== timestamp) throw new DecodeError("id timestamp", AT.id)
  if (view.getUint8(AT.nonce) < 0x80) throw new DecodeError("nonce", AT.nonce)
  decodeKind(bytes, AT.kind)
  return { tagsEnd: AT.tags + tagsLength, payload, payloadEnd: payload + payloadLength, signature }
}

function checkFlags(view: DataView): void {
  const flags = view.getUint8(AT.flags)
  if ((flags & FLAG_SCHEME) !== 0) throw new DecodeError("unsupported signature scheme", AT.flags)
  if ((flags & FLAGS_RESERVED) !== 0) throw new DecodeError("reserved flag bits", AT.flags)
  if (view.getUint16(AT.flags + 1) !== 0) throw new DecodeError("reserved flag bits", AT.flags + 1)
}
