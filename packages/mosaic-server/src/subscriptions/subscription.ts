import { type Filter, RESULT, type ResultCode, encodeMessage } from "@tessera/mosaic"
import type { Outbox } from "../connection/outbox.ts"
import type { Peer } from "../policy/policy.ts"
import type { LiveRecord } from "./live-record.ts"

export interface SubscriptionOptions {
  readonly queryId: number
  readonly filter: Filter
  readonly peer: Peer
  readonly outbox: Outbox
  /** Bytes of new records that may wait while the stored ones are sent. */
  readonly liveBytes: number
  /** Called once when the peer is too slow for it. */
  readonly onTooSlow: () => void
}

/**
 * One open subscription. It first catches up: stored records go out, new ones wait. Then it is live.
 *
 * No gap: it is told of everything that is stored after it was made, and made before the store is asked. No double: a record that the store gave
 * is not sent again when it comes as new, and one that waits is not sent twice when the store gives it.
 */
export class Subscription {
  readonly queryId: number
  readonly filter: Filter
  readonly peer: Peer
  readonly #options: SubscriptionOptions
  #state: "catchingUp" | "live" | "closed" = "catchingUp"
  /** New records by sequence, ephemeral ones under a negative number. */
  #waiting = new Map<number, LiveRecord>()
  #waitingBytes = 0
  #ephemeral = 0
  /** What the store gave and the feed has not come to yet. */
  readonly #sentAhead = new Set<number>()
  #lastAhead = 0

  constructor(options: SubscriptionOptions) {
    this.queryId = options.queryId
    this.filter = options.filter
    this.peer = options.peer
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#state === "closed"
  }

  /**
   * The store gave this record: it is to be sent now, and not when it comes as new.
   * @param told the sequence up to which every subscription has been told: nothing up to there will come any more.
   */
  sendingStored(sequence: number, told: number): void {
    const waiting = this.#waiting.get(sequence)
    if (waiting !== undefined) this.#waitingBytes -= waiting.frame.length
    this.#waiting.delete(sequence)
    if (sequence <= told) return
    this.#sentAhead.add(sequence)
    this.#lastAhead = Math.max(this.#lastAhead, sequence)
  }

  /** Takes a new record that matches; false when nothing of it will reach the peer. */
  offer(live: LiveRecord): boolean {
    const { sequence } = live
    if (sequence !== undefined && this.#wasSent(sequence)) return true
    switch (this.#state) {
      case "closed":
        return false
      case "live":
        if (this.#options.outbox.offer(live.frame, this.queryId, this)) return true
        this.#tooSlow()
        return false
      case "catchingUp": {
        if (this.#waitingBytes > 0 && this.#waitingBytes + live.frame.length > this.#options.liveBytes) {
          this.#tooSlow()
          return false
        }
        this.#waitingBytes += live.frame.length
        this.#ephemeral -= 1
        this.#waiting.set(sequence ?? this.#ephemeral, live)
        return true
      }
    }
  }

  /** All that was stored is on its way: Locally Complete, then what has waited, then what comes. */
  goLive(): void {
    if (this.#state !== "catchingUp") return
    this.#state = "live"
    this.#options.outbox.post(encodeMessage({ type: "locallyComplete", queryId: this.queryId }), this)
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const live of waiting.values()) {
      if (!this.offer(live)) return
    }
  }

  /** Ends it. What still waits to be written is dropped; with a code, Query Closed says so. */
  close(code?: ResultCode): void {
    if (this.#state === "closed") return
    this.#state = "closed"
    this.#waiting.clear()
    this.#options.outbox.drop(this)
    if (code !== undefined) this.#options.outbox.post(encodeMessage({ type: "queryClosed", queryId: this.queryId, result: code }))
  }

  /** Sequences come in order: each is asked for once, and when the last of them has come nothing has to be remembered. */
  #wasSent(sequence: number): boolean {
    if (this.#sentAhead.size === 0) return false
    const sent = this.#sentAhead.delete(sequence)
    if (sequence >= this.#lastAhead) this.#sentAhead.clear()
    return sent
  }

  #tooSlow(): void {
    this.close(RESULT.TEMPORARY_ERROR)
    this.#options.onTooSlow()
  }
}
