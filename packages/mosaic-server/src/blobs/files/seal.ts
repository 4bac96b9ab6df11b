import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto"
import type { BlobHash } from "@tessera/mosaic"
import { BLOB_CHUNK_LENGTH } from "../port.ts"

/*
 * How a blob lies in its file:
 *
 *   [0..8]    "TesBlob" and the version of this layout, 1
 *   [8..40]   salt, random for each file
 *   [40..48]  length of the content, little-endian
 *   [48..]    the content in chunks of 64 KiB, the last one shorter (of no bytes for an empty blob), each sealed and followed by its tag of 16 bytes
 *
 * The key of a file is HMAC-SHA-256, under a key for contents, of its header and the blob's hash. So each file has a key of its own, nonces can
 * count, and a file with a changed header or under another blob's name does not open. A chunk's nonce is its number (8 bytes, big-endian),
 * three zeros, and 1 for the last chunk and 0 for others: chunks cannot be moved, left out, or cut off at the end without notice.
 */
const MAGIC = Buffer.from("TesBlob\u0001", "latin1")
const SALT_LENGTH = 32
export const FILE_HEADER_LENGTH = 48
export const TAG_LENGTH = 16
/** Constant in time on machines without AES instructions too, and faster than disk and network either way. */
const CIPHER = "chacha20-poly1305"

/** The keys that a blob store makes of the one that it was given. */
export interface BlobKeys {
  readonly names: Uint8Array
  readonly contents: Uint8Array
}

/** @throws {RangeError} when the key is not 32 bytes. */
export function deriveBlobKeys(key: Uint8Array): BlobKeys {
  if (key.length !== 32) throw new RangeError(`key: 32 bytes, not ${key.length}`)
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `tessera blobs: ${purpose}`, 32))
  return { names: derive("names"), contents: derive("contents") }
}

/** What a blob's file is called: its hash, which is what others ask for, shows to nobody who looks at the disk. */
export const blobFileName = (keys: BlobKeys, hash: BlobHash): string => createHmac("sha256", keys.names).update(hash).digest("hex")

/** Length of the file of a blob of `length` bytes. */
export const sealedLength = (length: number): number => FILE_HEADER_LENGTH + length + chunkCount(length) * TAG_LENGTH

export const chunkCount = (length: number): number => Math.max(1, Math.ceil(length / BLOB_CHUNK_LENGTH))

/** The header of a new file. */
export function makeFileHeader(length: number): Uint8Array {
  const header = Buffer.concat([MAGIC, randomBytes(SALT_LENGTH), new Uint8Array(8)])
  header.writeBigUInt64LE(BigInt(length), FILE_HEADER_LENGTH - 8)
  return header
}

/** The length of content that a header names; undefined when it is no header of ours. */
export function readFileHeader(header: Uint8Array): number | undefined {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength)
  if (bytes.length !== FILE_HEADER_LENGTH || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const length = bytes.readBigUInt64LE(FILE_HEADER_LENGTH - 8)
  return length < 2n ** 48n ? Number(length) : undefined
}

/** Seals and opens the chunks of one file. */
export class ChunkSeal {
  readonly #key: Uint8Array
  readonly #chunks: number

  constructor(keys: BlobKeys, hash: BlobHash, header: Uint8Array, length: number) {
    this.#key = createHmac("sha256", keys.contents).update(header).update(hash).digest()
    this.#chunks = chunkCount(length)
  }

  /** The chunk with its tag. */
  seal(number: number, chunk: Uint8Array): Uint8Array {
    const cipher = createCipheriv(CIPHER, this.#key, this.#nonce(number), { authTagLength: TAG_LENGTH })
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }

  /** The content of a chunk; undefined when it is not what was sealed under this number. */
  open(number: number, sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < TAG_LENGTH) return undefined
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonce(number), { authTagLength: TAG_LENGTH })
    decipher.setAuthTag(sealed.subarray(-TAG_LENGTH))
    const chunk = decipher.update(sealed.subarray(0, -TAG_LENGTH))
    try {
      decipher.final()
    } catch {
      // Node's only way to say that the tag does not match.
      return undefined
    }
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }

  #nonce(number: number): Uint8Array {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64BE(BigInt(number), 0)
    nonce[11] = number === this.#chunks - 1 ? 1 : 0
    return nonce
  }
}
