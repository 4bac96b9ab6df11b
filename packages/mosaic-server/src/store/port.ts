import type { Filter, Reference, Timestamp, VerifiedRecord } from "@tessera/mosaic"

/**
 * The order in which a store took records in: 1, 2, 3, … without gaps between what `changes` yields and what is stored.
 * A sequence is never used twice, also not after a removal.
 */
export type Sequence = number

/** A record as the store holds it. `received` is strictly increasing with `sequence`, whatever the clock does. */
export interface StoredRecord {
  readonly record: VerifiedRecord
  readonly received: Timestamp
  readonly sequence: Sequence
}

/**
 * What became of one record of a batch.
 * - `stored`: it is durable now.
 * - `duplicate`: the store holds the same id already (or has removed it on purpose and remembers, or its author has retracted it), nothing changed.
 * - `superseded`: a newer record of the same replaceable address is there, or was until it expired or was retracted, nothing changed.
 * - `expired`: its time is over already, nothing changed.
 */
export type PutOutcome =
  | { readonly outcome: "stored"; readonly received: Timestamp; readonly sequence: Sequence }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "superseded" }
  | { readonly outcome: "expired" }

/** Where a page of a query ended: hand it to the next `query` with the same filter. Opaque to callers. */
export interface QueryCursor {
  readonly timestamp: Timestamp
  readonly id: Uint8Array
}

/** Which page of the answer to a query. */
export interface QueryOptions {
  /** The most records, 1 to 1,000. */
  readonly limit: number
  /** Where the page before ended. */
  readonly cursor?: QueryCursor
  /** The page may end, even empty, and say that there is more, when much was looked at: whoever asks for it lets others have their turn in between. */
  readonly brief?: boolean
}

/** One page of the answer to a query. */
export interface QueryPage {
  /** Newest first: by timestamp, then by id, both descending. Fewer than asked for beyond 1 MiB or when nothing older matches. */
  readonly records: readonly StoredRecord[]
  /** Absent when nothing older matches: it alone says whether there is another page. */
  readonly next?: QueryCursor
}

/**
 * Keeps records durably. What it promises is proved by the suite in `@tessera/mosaic-server/store-contract`.
 *
 * Retraction and expiry are the store's own matter, for all who put into it.
 * - A Retraction that is stored drops what its author and signer may take back, with all index entries, in the same step, and its content is gone from
 *   the file within seconds. What it names is remembered, so that it does not come back, nor come later: an id for good, an address up to the
 *   Retraction's own time. The Retraction itself is a record like any other, and what it did stays done when it is dropped.
 * - A record with an Expires tag is neither served nor taken from its time on, by the clock of the wall; its content is dropped by a clock that goes on
 *   evenly and follows no jump (see trusted-clock.ts). Of a replaceable address nothing older comes back.
 */
export interface RecordStore extends AsyncDisposable {
  /**
   * Takes in a batch atomically: after a crash either all of it is there or nothing. Resolves when it is durable.
   * Outcomes stand in the order of the batch. Ephemeral kinds are the caller's matter and must not be put.
   * @throws {StorageError} when the disk is full or the file cannot be written; nothing of the batch is stored then.
   */
  put(batch: readonly VerifiedRecord[]): Promise<readonly PutOutcome[]>

  /**
   * By id or address, in the order asked, a repeated reference once. An address of a replaceable kind gives its newest, of other kinds all, newest first.
   */
  get(references: readonly Reference[]): Promise<readonly StoredRecord[]>

  /** One page, newest first, of at most `limit` records. Replaceable kinds give only the newest of an address. */
  query(filter: Filter, options: QueryOptions): Promise<QueryPage>

  /**
   * Everything with a sequence greater than `after` that is still stored, in order, then what is put later, for ever, without gap or double.
   * Ends when `signal` aborts or the store is closed.
   */
  changes(after: Sequence, options: { readonly signal: AbortSignal }): AsyncIterable<StoredRecord>

  /** The sequence of the last record that was put; 0 when none ever was. */
  lastSequence(): Promise<Sequence>

  /**
   * Drops records by id; resolves, when durable, to how many were there. Their ids are remembered, so that they do not come back, unless `forget`
   * is set: for what was only kept on trial, and may be brought again.
   */
  remove(ids: readonly Uint8Array[], options?: { readonly forget?: boolean }): Promise<number>
}

/** The disk refused: full, read-only or failing. `reason` says which, for a sentence to the person. */
export class StorageError extends Error {
  readonly reason: "full" | "readOnly" | "corrupt" | "newerVersion" | "wrongKey" | "failed"
  constructor(reason: StorageError["reason"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "StorageError"
    this.reason = reason
  }
}
