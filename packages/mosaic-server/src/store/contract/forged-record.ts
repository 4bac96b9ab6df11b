import { hash } from "node:crypto"
import { type Tag, type VerifiedRecord, encodeTags, restoreRecord } from "@tessera/mosaic"

/** What a forged record says of itself. */
export interface Forgery {
  readonly author: Uint8Array
  readonly signer?: Uint8Array
  readonly kind: bigint
  readonly nonce: bigint
  readonly timestamp: bigint
  readonly tags?: readonly Tag[]
  readonly payload?: Uint8Array
}

/**
 * Makes a record of the right layout whose signature is nothing: a hundred thousand of them are there in a second. For tests and benches of stores,
 * which do not look at signatures.
 */
export function forgeRecord({
  author,
  signer = author,
  kind,
  nonce,
  timestamp,
  tags = [],
  payload = new Uint8Array(0),
}: Forgery): VerifiedRecord {
  const section = encodeTags(tags)
  const payloadAt = 152 + padded(section.length)
  const signatureAt = payloadAt + padded(payload.length)
  const bytes = new Uint8Array(signatureAt + 64)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, timestamp)
  view.setBigUint64(48, nonce | (1n << 63n))
  view.setBigUint64(56, kind)
  bytes.set(author, 64)
  bytes.set(signer, 96)
  view.setBigUint64(128, timestamp)
  view.setUint16(144, section.length, true)
  view.setUint16(146, 64, true)
  view.setUint32(148, payload.length, true)
  bytes.set(section, 152)
  bytes.set(payload, payloadAt)
  bytes.set(hash("sha512", bytes.subarray(48), "buffer").subarray(0, 40), 8)
  return restoreRecord(bytes)
}

/** A key that is no point of the curve, but always the same for a number. */
export function forgedKey(number: number): Uint8Array {
  return new Uint8Array(hash("sha256", `key ${number}`, "buffer"))
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}
