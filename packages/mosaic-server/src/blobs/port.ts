import type { BlobHash } from "@tessera/mosaic"

/** What became of an upload: `mismatch` when its content is not what hash or length said, and nothing of it stays. */
export type BlobOutcome = "stored" | "duplicate" | "mismatch"

/** One upload. Disposing of it before `commit` leaves nothing of it, and after it does nothing. */
export interface BlobWriter extends AsyncDisposable {
  /**
   * Takes the next piece of the content; `bytes` may be used again when it resolves. Pieces beyond the announced length are not kept.
   * @throws {StorageError} when the disk refuses, or (`full`) others have used the budget up meanwhile: nothing of the upload stays.
   */
  write(bytes: Uint8Array): Promise<void>
  /**
   * Ends the upload. Resolves when the blob is durable, or nothing of it is left. To be called once.
   * @throws {StorageError} when the disk refuses.
   */
  commit(): Promise<BlobOutcome>
}

/** A blob that is being read. */
export interface OpenBlob extends AsyncDisposable {
  /** Bytes of content. */
  readonly length: number
  /**
   * The content in pieces of at most 64 KiB, to be read once.
   * @throws {StorageError} `corrupt` where the content is damaged: what came before it is good, and what comes after it is not given.
   */
  readonly pieces: AsyncIterable<Uint8Array>
}

/** What is taken of the budget, in bytes of disk rather than of content: small blobs take a block each. */
export interface BlobUsage {
  readonly blobs: number
  readonly bytes: number
  /** Taken up by uploads that have not ended. */
  readonly reserved: number
  readonly budget: number
}

/**
 * Keeps blobs by the hashes of their contents. A blob is there as a whole or not at all, whatever happens between.
 */
export interface BlobStore extends AsyncDisposable {
  /**
   * Begins an upload of `length` bytes. When the blob is there already its content is checked and not written again.
   * @throws {StorageError} `full` when the budget has no room for it.
   * @throws {RangeError} when `length` is no integer from 0 to 2^48 - 1.
   */
  begin(hash: BlobHash, length: number): Promise<BlobWriter>
  /** Opens a blob to read it; undefined when there is none. @throws {StorageError} `corrupt` when it can be told before the first piece. */
  open(hash: BlobHash): Promise<OpenBlob | undefined>
  /** Whether a blob is there. */
  has(hash: BlobHash): Promise<boolean>
  /** Drops a blob; resolves, when durable, to whether it was there. Who is reading it reads on. */
  remove(hash: BlobHash): Promise<boolean>
  /** What is taken up now. */
  usage(): BlobUsage
}

/** Bytes of content in one sealed chunk, and in the longest piece that a store gives. */
export const BLOB_CHUNK_LENGTH = 64 * 1024

/** 10 GiB. */
export const DEFAULT_BLOB_BUDGET = 10 * 1024 ** 3
