import type { Filter, PublicKey, VerifiedRecord } from "@tessera/mosaic"

/** The records on this side of a sync, wherever they are kept. */
export interface LocalRecords {
  /** The ids of all records that match; the first 32 bytes of each are enough. Newest first or oldest first is fastest. */
  ids(filter: Filter, signal: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Records by the first 32 bytes of their ids, in the order asked; those that are gone are left out. */
  records(idPrefixes: readonly Uint8Array[], signal: AbortSignal): AsyncIterable<VerifiedRecord> | Iterable<VerifiedRecord>
  /** Keeps records that have come. What is kept when this resolves has not to come again. */
  put(records: readonly VerifiedRecord[], signal: AbortSignal): Promise<unknown>
  /** The key schedule of an author, for a server that does not know it. */
  scheduleOf?(author: PublicKey, signal: AbortSignal): Promise<readonly VerifiedRecord[]>
}
