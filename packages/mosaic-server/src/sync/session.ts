import type { ItemSet } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"

/** What an item of a set takes in memory, in bytes, with what is kept beside it. */
export const ITEM_BYTES = 48

/** One reconciliation with a peer: a set of items as they were when it began. */
export interface SyncSession {
  /** Its place among the open queries of the connection: it ends with it. */
  readonly query: OpenQuery
  /** Absent while it is read. */
  items?: ItemSet
  /** A message of the peer is worked on, or its answer waits for room. */
  isWorking: boolean
  /** The peer's next message, when it comes while the answer to the last one was only just sent. */
  next?: Uint8Array
  /** Ends the wait for the peer's next message. */
  idle?: AbortController
}
