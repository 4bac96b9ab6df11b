import { prehash } from "../keys/prehash.ts"
import type { PublicKey } from "../keys/public-key.ts"
import { type SecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { SIGNATURE_LENGTH, sign } from "../keys/signature.ts"
import { type Kind, encodeKind } from "../kind.ts"
import type { Nonce } from "../nonce.ts"
import { type Tag, encodeTags } from "../tags/tag.ts"
import { type Timestamp, encodeTimestamp } from "../timestamp.ts"
import { AT, FLAG_FROM_AUTHOR, FLAG_ZSTD, MAX_RECORD_LENGTH, padded } from "./layout.ts"
import { type VerifiedRecord, admitVerified } from "./verified.ts"

/** What a record is made of. Clock and randomness are the caller's. */
export interface RecordParts {
  /** The master key of the person in whose name the record speaks. */
  readonly author: PublicKey
  /** The secret key that signs: the author's own, or of a subkey. */
  readonly signer: SecretKey
  /** What the record is. */
  readonly kind: Kind
  /** A new one for a new address, that of an earlier record to replace or follow it. */
  readonly nonce: Nonce
  /** When it is made. */
  readonly timestamp: Timestamp
  /** At most 65,535 bytes encoded. */
  readonly tags?: readonly Tag[]
  /** Nothing when not given. */
  readonly payload?: Uint8Array
  /** Asks servers to take the record from its author only. */
  readonly fromAuthor?: boolean
  /** Says that `payload` is a ZSTD frame already. */
  readonly compressed?: boolean
}

const NOTHING = new Uint8Array(0)

/**
 * Builds and signs a record; all padding is zero.
 *
 * @example
 * const note = buildRecord({ author, signer, kind: MICROBLOG_ROOT, nonce, timestamp, payload: encodeUtf8("Hello") })
 * @throws {RangeError} when it would exceed 1,048,576 bytes, or its tags 65,535.
 * @see Specification: record, "Construction"
 */
export function buildRecord(parts: RecordParts): VerifiedRecord {
  const { author, signer, kind, nonce, timestamp, tags = [], payload = NOTHING, fromAuthor = false, compressed = false } = parts
  const tagsSection = encodeTags(tags)
  const payloadAt = AT.tags + padded(tagsSection.length)
  const signatureAt = payloadAt + padded(payload.length)
  const length = signatureAt + SIGNATURE_LENGTH
  if (length > MAX_RECORD_LENGTH) throw new RangeError(`record: ${length} bytes, at most ${MAX_RECORD_LENGTH}`)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes.set(encodeTimestamp(timestamp), AT.id)
  bytes.set(nonce, AT.nonce)
  bytes.set(encodeKind(kind), AT.kind)
  bytes.set(author, AT.author)
  bytes.set(publicKeyOf(signer), AT.signer)
  bytes.set(encodeTimestamp(timestamp), AT.timestamp)
  bytes[AT.flags] = (compressed ? FLAG_ZSTD : 0) | (fromAuthor ? FLAG_FROM_AUTHOR : 0)
  view.setUint16(AT.tagsLength, tagsSection.length, true)
  view.setUint16(AT.signatureLength, SIGNATURE_LENGTH, true)
  view.setUint32(AT.payloadLength, payload.length, true)
  bytes.set(tagsSection, AT.tags)
  bytes.set(payload, payloadAt)
  const hash = prehash(bytes.subarray(AT.nonce, signatureAt))
  bytes.set(hash.subarray(0, 40), AT.hash)
  bytes.set(sign(hash, signer), signatureAt)
  const layout = {
    tagsEnd: AT.tags + tagsSection.length,
    payload: payloadAt,
    payloadEnd: payloadAt + payload.length,
    signature: signatureAt,
  }
  return admitVerified(bytes, layout)
}
