import type {
  BlobHash,
  BootstrapSelector,
  Filter,
  PublicKey,
  Reference,
  ResultCode,
  SignedBootstrap,
  VerifiedRecord,
} from "@tessera/mosaic"
import type { ClientLimits } from "../limits.ts"
import type { BootstrapAnswer } from "./bootstrap-requests.ts"
import type { Sleep } from "./sleep.ts"

/** How to say Hello, and what to bound. */
export interface ConnectOptions {
  /** Application ids to ask for; Core, Social Media and Tessera's own when not given. */
  readonly applications?: readonly number[]
  /** Gives up connecting. A connection that stands is ended by disposing of it. */
  readonly signal?: AbortSignal
  readonly limits?: Partial<ClientLimits>
  /** Told of everything that the server should not have sent, in a few words. It was dropped. */
  readonly onMisbehaviour?: (what: string, fault: Misbehaviour) => void
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** What a server did wrong: a record that does not hold, one that was not asked for, or something else that it should not say. */
export type Misbehaviour = "forged" | "notAskedFor" | "protocol"

/** What every request takes. */
export interface RequestOptions {
  readonly signal?: AbortSignal
}

/** How much a query may bring. */
export interface QueryOptions extends RequestOptions {
  /** The most records to send, 1 to 65,535; all when not given. Of a subscription, the most stored ones. */
  readonly limit?: number
}

/** How much of a blob is taken. */
export interface BlobOptions extends RequestOptions {
  /** The most bytes; 16 MiB when not given. */
  readonly maxBytes?: number
}

/** A blob to hand over. */
export interface OutgoingBlob {
  /** The BLAKE3 hash of the content. */
  readonly hash: BlobHash
  /** Bytes of content, exactly. */
  readonly length: number
  /** In pieces of any length; each is taken when the server has taken the one before. */
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** What the server said in its Closing. */
  readonly code?: number
  readonly reason: string
}

/** What a subscription brings: records, and once that all stored ones have come. */
export type SubscriptionItem = { readonly record: VerifiedRecord } | { readonly complete: true }

/** A reconciliation with a server: a message, an answer, and so on. Disposing of it ends it. */
export interface SyncTalk extends AsyncDisposable {
  /** The server's answer to the first message; not yet looked at. */
  readonly answer: Uint8Array
  /** Sends the next message and gives the server's answer. @throws {QueryRefusedError} when the server ends it; what requests throw. */
  ask(data: Uint8Array): Promise<Uint8Array>
}

/**
 * A connection whose Hello is done. Every record is verified and is one that was asked for before it is handed out.
 *
 * Iterables ask when they are first read, and stop asking when they are left or their signal aborts (then they throw its reason).
 * All throw {@link ConnectionClosedError} when the connection ends, {@link RequestTimeoutError} when no answer comes in time,
 * {@link QueryRefusedError} when the server refuses, {@link SlowConsumerError} when records are not taken.
 */
export interface MosaicConnection extends AsyncDisposable {
  /** The applications that the server has granted. */
  readonly applications: readonly number[]
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<ConnectionEnd>
  /** By id or address; ends without a record when the server has none of them. */
  get(references: readonly Reference[], options?: RequestOptions): AsyncIterable<VerifiedRecord>
  /** What is stored, newest first. */
  query(filter: Filter, options?: QueryOptions): AsyncIterable<VerifiedRecord>
  /** What is stored, newest first, `complete`, and then what comes, until it is left or refused. */
  subscribe(filter: Filter, options?: QueryOptions): AsyncIterable<SubscriptionItem>
  /** Hands a record over. Refusals are codes too. */
  submit(record: VerifiedRecord, options?: RequestOptions): Promise<{ readonly code: ResultCode }>
  /**
   * The content of a blob in pieces, as they come. Its hash is checked before the last piece is handed out: whoever reads to the end without an error has
   * the blob that they asked for. Left in the middle, the rest is thrown away as it comes; of more than 64 MiB the connection is ended instead.
   * @throws {BlobRefusedError} with `NOT_FOUND` when the server has none. {@link BlobTooLargeError}, {@link BlobMismatchError}.
   */
  getBlob(hash: BlobHash, options?: BlobOptions): AsyncIterable<Uint8Array>
  /**
   * Hands a blob over; whatever else is sent waits until it has gone. Refusals are codes too. What is aborted, or fails, in the middle ends the
   * connection: half a blob cannot be taken back.
   * @throws {RangeError} when the content is not as long as it says. What `content` throws.
   */
  submitBlob(blob: OutgoingBlob, options?: RequestOptions): Promise<{ readonly code: ResultCode }>
  /** Begins a reconciliation over what matches, with the first negentropy message; resolves to the talk when the server has answered. */
  openSync(filter: Filter, data: Uint8Array, options?: RequestOptions): Promise<SyncTalk>
  /** Has the server look a bootstrap up in the DHT. What it brings is verified. `UNDEFINED` when it does not hold, or the server knows no such request. */
  lookupBootstrap(selector: BootstrapSelector, key: PublicKey, options?: RequestOptions): Promise<BootstrapAnswer>
  /** Has the server put a bootstrap into the DHT and keep it there. Refusals are codes too. */
  putBootstrap(signed: SignedBootstrap, options?: RequestOptions): Promise<{ readonly code: ResultCode }>
  /** Asks for nothing, and resolves when the server has answered: it is there. */
  ping(options?: RequestOptions): Promise<void>
}
