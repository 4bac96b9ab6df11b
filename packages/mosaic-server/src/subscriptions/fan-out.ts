import { type Timestamp, type VerifiedRecord, matchesFilter } from "@tessera/mosaic"
import { yieldTurn } from "../connection/turn.ts"
import type { Visibility } from "../policy/visibility.ts"
import type { StoredRecord } from "../store/port.ts"
import { LiveRecord } from "./live-record.ts"
import type { Subscription } from "./subscription.ts"
import { SubscriptionIndex } from "./subscription-index.ts"

/** Subscriptions that are looked at before others may get their turn. */
const SLICE = 256

/** Brings new records to the subscriptions that they match. */
export class FanOut {
  readonly #visibility: Visibility
  readonly #subscriptions = new SubscriptionIndex()
  #position = 0

  constructor(visibility: Visibility) {
    this.#visibility = visibility
  }

  /** The sequence up to which every subscription has been told. */
  get position(): number {
    return this.#position
  }

  get size(): number {
    return this.#subscriptions.size
  }

  /** Nothing before `sequence` will be delivered. */
  startAfter(sequence: number): void {
    this.#position = sequence
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
  }

  delete(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
  }

  /** Delivers what the store has taken in. To be called in the order of sequences, one after the other. */
  async deliver(stored: StoredRecord): Promise<void> {
    await this.#deliver(stored, new LiveRecord(stored.record, stored.sequence))
    this.#position = stored.sequence
  }

  /** Delivers a record that is not stored. @returns how many it goes to. */
  async deliverEphemeral(record: VerifiedRecord, received: Timestamp): Promise<number> {
    return this.#deliver({ record, received, sequence: 0 }, new LiveRecord(record, undefined))
  }

  async #deliver(stored: StoredRecord, live: LiveRecord): Promise<number> {
    let count = 0
    let looked = 0
    for (const subscription of this.#subscriptions.candidates(stored.record)) {
      looked += 1
      if (looked % SLICE === 0) await yieldTurn()
      if (subscription.isClosed || !matchesFilter(subscription.filter, stored.record, stored.received)) continue
      const may = this.#visibility.mayRead(stored, subscription.peer)
      if (may === false || (may !== true && !(await may))) continue
      if (subscription.offer(live)) count += 1
    }
    return count
  }
}
