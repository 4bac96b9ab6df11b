import { type SecretKey, concatBytes, prehash, publicKeyOf, sign } from "@tessera/mosaic"
import { padded, u16, u32, u64 } from "../wire/bytes.ts"

/** What a record is laid out from. Nothing is checked: rules break whatever they like. */
export interface RecordParts {
  readonly author: Uint8Array
  readonly signer: SecretKey
  readonly kind: bigint
  readonly nonce: Uint8Array
  readonly timestamp: bigint
  /** The tags section. */
  readonly tags?: Uint8Array
  readonly payload?: Uint8Array
  /** 8 bytes. */
  readonly flags?: Uint8Array
  /** What the key in the record says; that of `signer` when not given. */
  readonly signingKey?: Uint8Array
  /** Padding is filled with this; 0 when not given. */
  readonly padding?: number
}

/** Lays out and signs a record by the steps of the record page, "Construction". */
export function layRecord(parts: RecordParts): Uint8Array {
  const { tags = new Uint8Array(0), payload = new Uint8Array(0), flags = new Uint8Array(8), padding = 0 } = parts
  const header = concatBytes(
    parts.nonce,
    u64(parts.kind),
    parts.author,
    parts.signingKey ?? publicKeyOf(parts.signer),
    u64(parts.timestamp),
    flags,
    concatBytes(u16(tags.length), u16(64), u32(payload.length)),
  )
  const pad = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(padded(bytes.length) - bytes.length).fill(padding))
  const signed = concatBytes(header, pad(tags), pad(payload))
  return resign(concatBytes(new Uint8Array(48), signed, new Uint8Array(64)), parts.signer)
}

/** Hash, id and signature of bytes laid out as a record, made anew after something in them was changed. The last 64 bytes are the signature. */
export function resign(bytes: Uint8Array, signer: SecretKey): Uint8Array {
  const record = bytes.slice()
  const signatureAt = record.length - 64
  const hash = prehash(record.subarray(48, signatureAt))
  record.set(record.subarray(128, 136), 0)
  record.set(hash.subarray(0, 40), 8)
  record.set(sign(hash, signer), signatureAt)
  return record
}

export const idOf = (record: Uint8Array): Uint8Array => record.subarray(0, 48)
export const addressOf = (record: Uint8Array): Uint8Array => record.subarray(48, 96)
export const timestampOf = (record: Uint8Array): bigint => new DataView(record.buffer, record.byteOffset).getBigUint64(128)
