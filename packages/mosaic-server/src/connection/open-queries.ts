import { kindReaders } from "@tessera/mosaic"
import type { Subscription } from "../subscriptions/subscription.ts"
import type { FanOut } from "../subscriptions/fan-out.ts"
import type { Share } from "./memory-budget.ts"
import type { Outbox } from "./outbox.ts"

/** One Get, Query, Subscribe or Sync that is not closed yet. Its answers belong to it: they are dropped with it. */
export interface OpenQuery {
  readonly queryId: number
  readonly isSubscription: boolean
  /** What its request and filter take in memory, about. */
  readonly bytes: number
  /** Aborts when it is closed, replaced, or the connection ends. */
  readonly signal: AbortSignal
  subscription?: Subscription
}

/** The open queries of a connection by their ids. A query id that is still open is replaced, without a Query Closed for the old query. */
export class OpenQueries {
  readonly #outbox: Outbox
  readonly #fanOut: FanOut
  readonly #memory: Share
  readonly #open = new Map<number, { readonly query: OpenQuery; readonly abort: AbortController }>()
  #subscriptions = 0

  constructor(outbox: Outbox, fanOut: FanOut, memory: Share) {
    this.#outbox = outbox
    this.#memory = memory
    this.#fanOut = fanOut
  }

  get size(): number {
    return this.#open.size
  }

  get subscriptions(): number {
    return this.#subscriptions
  }

  isSubscription(queryId: number): boolean {
    return this.#open.get(queryId)?.query.isSubscription === true
  }

  /** Opens a query in place of one that has its id. */
  open(queryId: number, isSubscription: boolean, bytes: number): OpenQuery {
    this.close(queryId)
    const abort = new AbortController()
    const query: OpenQuery = { queryId, isSubscription, bytes, signal: abort.signal }
    this.#open.set(queryId, { query, abort })
    if (isSubscription) this.#subscriptions += 1
    this.#memory.add(bytes)
    return query
  }

  /** Says that a query has been answered; its last answers still go out. False when it was closed or replaced before. */
  finish(query: OpenQuery): boolean {
    if (this.#open.get(query.queryId)?.query !== query) return false
    this.#forget(query)
    return true
  }

  /** Ends the query of this id and drops what still waits of it; false when there is none. */
  close(queryId: number): boolean {
    const entry = this.#open.get(queryId)
    return entry !== undefined && this.abandon(entry.query)
  }

  /** Ends a query and drops what still waits of it; false when it was closed or replaced before. */
  abandon(query: OpenQuery): boolean {
    const entry = this.#open.get(query.queryId)
    if (entry?.query !== query) return false
    entry.abort.abort()
    this.#forget(query)
    query.subscription?.close()
    this.#outbox.drop(query)
    return true
  }

  /** Ends the subscriptions whose filter does not name only kinds for everybody. @returns their ids. */
  closePrivate(): readonly number[] {
    const isPrivate = ({ subscription }: OpenQuery): boolean =>
      subscription !== undefined && subscription.filter.kinds?.every((kind) => kindReaders(kind) === "everybody") !== true
    const ids = [...this.#open.values()].flatMap(({ query }) => (isPrivate(query) ? [query.queryId] : []))
    for (const id of ids) this.close(id)
    return ids
  }

  closeAll(): void {
    for (const queryId of this.#open.keys()) this.close(queryId)
  }

  #forget(query: OpenQuery): void {
    this.#open.delete(query.queryId)
    this.#memory.add(-query.bytes)
    if (query.isSubscription) this.#subscriptions -= 1
    if (query.subscription !== undefined) this.#fanOut.delete(query.subscription)
  }
}
