import type { Brand } from "../brand.ts"
import { copyBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"

/** The name of a blob: the BLAKE3 hash of its content, 32 bytes. Whoever knows it may have the blob. (Specification: messages, "BLOB Get") */
export type BlobHash = Brand<Uint8Array, "BlobHash">

/** Length in bytes of a blob's hash. */
export const BLOB_HASH_LENGTH = 32

/** Whether these bytes can be a blob's hash: any 32 bytes can. */
export const isBlobHash = (bytes: Uint8Array): bytes is BlobHash => bytes.length === BLOB_HASH_LENGTH

/** Copies a blob's hash. @throws {DecodeError} `blob hash` when the bytes are not 32. */
export function parseBlobHash(bytes: Uint8Array): BlobHash {
  if (!isBlobHash(bytes)) throw new DecodeError("blob hash: 32 bytes expected", 0)
  return copyBytes(bytes) as BlobHash
}
