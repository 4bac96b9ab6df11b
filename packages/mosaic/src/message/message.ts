import type { Filter } from "../filter/filter.ts"
import type { Reference } from "../reference.ts"
import type { HelloAuth, Identify, Identity } from "./authentication.ts"
import type { BlobGet, BlobResult, BlobSubmission, BlobSubmissionResult } from "./blob.ts"
import type { DhtLookup, DhtPut, DhtPutResult, DhtResponse } from "./dht.ts"
import type { SyncClientData, SyncClose, SyncError, SyncInit, SyncServerData } from "./sync.ts"

/** What a client opens a connection with: the highest major version it speaks, and the applications (32 bits each) it wants to use. */
export interface Hello {
  readonly type: "hello"
  readonly version: number
  readonly applications: readonly number[]
}

/** Asks for records by id or address. */
export interface Get {
  readonly type: "get"
  readonly queryId: number
  readonly references: readonly Reference[]
}

/** Asks for the stored records that match, newest first. A `limit` of 0 is unlimited. */
export interface Query {
  readonly type: "query"
  readonly queryId: number
  readonly limit: number
  readonly filter: Filter
}

/** As a query, and then what arrives, until it is closed. `limit` bounds the stored records only. */
export interface Subscribe {
  readonly type: "subscribe"
  readonly queryId: number
  readonly limit: number
  readonly filter: Filter
}

/** Closes an open query. */
export interface Unsubscribe {
  readonly type: "unsubscribe"
  readonly queryId: number
}

/** Hands a record over. The bytes are not looked at here: what is no record gets its result from the server, by its id prefix. */
export interface Submission {
  readonly type: "submission"
  readonly record: Uint8Array
}

/** What the server grants of what Hello asked for: the version, and the applications that it serves. */
export interface HelloAck {
  readonly type: "helloAck"
  readonly result: number
  readonly version: number
  readonly applications: readonly number[]
}

/** A record that matched. The bytes are not looked at here. */
export interface RecordMessage {
  readonly type: "record"
  readonly queryId: number
  readonly record: Uint8Array
}

/** All that was stored has been sent; what comes is sent as it comes. */
export interface LocallyComplete {
  readonly type: "locallyComplete"
  readonly queryId: number
}

/** Nothing more comes of a query, and why. */
export interface QueryClosed {
  readonly type: "queryClosed"
  readonly queryId: number
  readonly result: number
}

/** `idPrefix` is the first 32 bytes of the submission. */
export interface SubmissionResult {
  readonly type: "submissionResult"
  readonly result: number
  readonly idPrefix: Uint8Array
}

/** The server closes the connection, and why. */
export interface Closing {
  readonly type: "closing"
  readonly result: number
}

/** Either side: the peer's last message was not understood. */
export interface Unrecognized {
  readonly type: "unrecognized"
}

/** What a client may send. */
export type ClientMessage =
  | Hello
  | HelloAuth
  | Identify
  | Get
  | Query
  | Subscribe
  | Unsubscribe
  | Submission
  | BlobGet
  | BlobSubmission
  | DhtLookup
  | DhtPut
  | SyncInit
  | SyncClientData
  | SyncClose
  | Unrecognized

/** What a server may send. */
export type ServerMessage =
  | HelloAck
  | Identity
  | RecordMessage
  | LocallyComplete
  | QueryClosed
  | SubmissionResult
  | BlobResult
  | BlobSubmissionResult
  | DhtResponse
  | DhtPutResult
  | SyncServerData
  | SyncError
  | Closing
  | Unrecognized

/** Every message. Query ids and limits are 16 bits, results one byte (`RESULT`). */
export type Message = ClientMessage | ServerMessage
