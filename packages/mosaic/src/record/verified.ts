import { plainBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import type { PublicKey } from "../keys/public-key.ts"
import { type Kind, decodeKind } from "../kind.ts"
import type { Nonce } from "../nonce.ts"
import type { Address, RecordId } from "../reference.ts"
import { type Tag, parseTags } from "../tags/tag.ts"
import { type Timestamp, decodeTimestamp } from "../timestamp.ts"
import { AT, FLAG_FROM_AUTHOR, FLAG_ZSTD, MAX_RECORD_LENGTH, type RecordLayout } from "./layout.ts"
import { decompressZstd } from "../zstd/frame.ts"

/** Makes a {@link VerifiedRecord} of bytes that were verified or have just been signed. For the record folder only: the package does not export it. */
let admit: (bytes: Uint8Array, layout: RecordLayout) => VerifiedRecord

/**
 * A record whose hash, keys, tags and signature have been verified; only verification and signing make one.
 * All byte fields are views into `bytes`, which must not change. (Specification: record)
 */
export class VerifiedRecord {
  static {
    admit = (bytes, layout) => new VerifiedRecord(bytes, layout)
  }

  /** The whole record as it travels. */
  readonly bytes: Uint8Array
  readonly #layout: RecordLayout
  #tags: readonly Tag[] | undefined

  private constructor(bytes: Uint8Array, layout: RecordLayout) {
    this.bytes = plainBytes(bytes)
    this.#layout = layout
  }

  /** Names exactly this record. */
  get id(): RecordId {
    return this.bytes.subarray(AT.id, AT.nonce) as RecordId
  }

  /** Names this record and all that have the same nonce, kind and author. */
  get address(): Address {
    return this.bytes.subarray(AT.nonce, AT.signer) as Address
  }

  /** What makes the address unique. */
  get nonce(): Nonce {
    return this.bytes.subarray(AT.nonce, AT.kind) as Nonce
  }

  /** What the record is. */
  get kind(): Kind {
    return decodeKind(this.bytes, AT.kind)
  }

  /** The master key of the person in whose name the record speaks. */
  get author(): PublicKey {
    return this.bytes.subarray(AT.author, AT.signer) as PublicKey
  }

  /** The key that signed: the author's own, or one that the author's key schedule must list. */
  get signer(): PublicKey {
    return this.bytes.subarray(AT.signer, AT.timestamp) as PublicKey
  }

  /** When the record says that it was made. */
  get timestamp(): Timestamp {
    return decodeTimestamp(this.bytes, AT.timestamp)
  }

  /** All 8 flag bytes. */
  get flags(): Uint8Array {
    return this.bytes.subarray(AT.flags, AT.tagsLength)
  }

  /** Servers should take the record from its author only. */
  get isFromAuthor(): boolean {
    return ((this.bytes[AT.flags] ?? 0) & FLAG_FROM_AUTHOR) !== 0
  }

  /** The payload is compressed with ZSTD. */
  get isCompressed(): boolean {
    return ((this.bytes[AT.flags] ?? 0) & FLAG_ZSTD) !== 0
  }

  /** The tags in their order, read when first asked for. */
  get tags(): readonly Tag[] {
    this.#tags ??= Object.freeze(parseTags(this.bytes.subarray(AT.tags, this.#layout.tagsEnd)))
    return this.#tags
  }

  /** The payload as it travels, perhaps compressed: see {@link VerifiedRecord.readPayload}. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.#layout.payload, this.#layout.payloadEnd)
  }

  /** 64 bytes. */
  get signature(): Uint8Array {
    return this.bytes.subarray(this.#layout.signature)
  }

  /**
   * The payload as its author meant it, decompressed when it is compressed.
   *
   * `limit`: the most bytes that it may have, 1 MiB when not given; nothing beyond is allocated.
   * @throws {DecodeError} `payload too large`, or `ZSTD` when it does not decompress.
   */
  readPayload({ limit = MAX_RECORD_LENGTH }: { readonly limit?: number } = {}): Uint8Array {
    if (this.isCompressed) return decompressZstd(this.payload, limit)
    if (this.payload.length > limit) throw new DecodeError(`payload too large: ${this.payload.length} bytes, at most ${limit}`)
    return this.payload
  }
}

export { admit as admitVerified }
