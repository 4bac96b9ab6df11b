import { type Timestamp, type VerifiedRecord, matchesFilter, toHex } from "@tessera/mosaic"
import type { Visibility } from "../policy/visibility.ts"
import type { StoredRecord } from "../store/port.ts"
import { LiveRecord } from "./live-record.ts"
import type { Subscription } from "./subscription.ts"

/** Brings new records to the subscriptions that they match. Those that name authors are found by them, so that the others cost nothing. */
export class FanOut {
  readonly #visibility: Visibility
  readonly #byAuthor = new Map<string, Set<Subscription>>()
  readonly #others = new Set<Subscription>()
  #position = 0
  #size = 0

  constructor(visibility: Visibility) {
    this.#visibility = visibility
  }

  /** The sequence up to which every subscription has been told. */
  get position(): number {
    return this.#position
  }

  get size(): number {
    return this.#size
  }

  /** Nothing before `sequence` will be delivered. */
  startAfter(sequence: number): void {
    this.#position = sequence
  }

  add(subscription: Subscription): void {
    this.#size += 1
    const { authors } = subscription.filter
    if (authors === undefined) {
      this.#others.add(subscription)
      return
    }
    for (const author of authors.map(toHex)) {
      const subscriptions = this.#byAuthor.get(author) ?? new Set()
      this.#byAuthor.set(author, subscriptions.add(subscription))
    }
  }

  delete(subscription: Subscription): void {
    let known = this.#others.delete(subscription)
    for (const author of (subscription.filter.authors ?? []).map(toHex)) {
      const subscriptions = this.#byAuthor.get(author)
      if (subscriptions?.delete(subscription) === true) known = true
      if (subscriptions?.size === 0) this.#byAuthor.delete(author)
    }
    if (known) this.#size -= 1
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
    for (const candidates of [this.#byAuthor.get(toHex(stored.record.author)), this.#others]) {
      for (const subscription of candidates ?? []) {
        if (!matchesFilter(subscription.filter, stored.record, stored.received)) continue
        const may = this.#visibility.mayRead(stored, subscription.peer)
        if (may === false || (may !== true && !(await may))) continue
        if (subscription.offer(live)) count += 1
      }
    }
    return count
  }
}
