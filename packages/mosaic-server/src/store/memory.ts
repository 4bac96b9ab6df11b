import {
  type Filter,
  type Reference,
  type Timestamp,
  type VerifiedRecord,
  compareBytes,
  expiryOf,
  isAddress,
  kindHandling,
  matchesFilter,
  mayRetract,
  parseTimestamp,
  restoreRecord,
  retractionTargets,
  toHex,
} from "@tessera/mosaic"
import { MAX_PAGE_BYTES, checkBatch, checkLimit } from "./bounds.ts"
import { type ChangeSource, followChanges } from "./change-feed.ts"
import { compareNewestFirst, cursorAfter, cursorId } from "./order.ts"
import {
  type PutOutcome,
  type QueryOptions,
  type QueryPage,
  type RecordStore,
  type Sequence,
  StorageError,
  type StoredRecord,
} from "./port.ts"
import { Retracted } from "./retracted.ts"
import { Sweeper } from "./sweeper.ts"
import { TrustedClock } from "./trusted-clock.ts"
import { Wake } from "./wake.ts"

const CHANGES_PAGE = 256

/**
 * A store that lives in memory and forgets everything when it is closed: for tests, simulations and throw-away servers. A query looks at every
 * record.
 *
 * @param options.now the server's clock; it may stand still or jump.
 * @param options.elapsed milliseconds that have really passed; the machine's own count when not given. For tests of a clock that jumps.
 */
export function openMemoryStore(options: { readonly now: () => Timestamp; readonly elapsed?: () => number }): RecordStore {
  return new MemoryStore(new TrustedClock(options.now, options.elapsed ?? (() => performance.now()), -1n))
}

/** A record that is over at a time. */
interface Ending {
  readonly expires: Timestamp
  readonly stored: StoredRecord
}

class MemoryStore implements RecordStore, ChangeSource {
  readonly wake = new Wake()
  readonly #clock: TrustedClock
  readonly #sweeper: Sweeper
  readonly #byId = new Map<string, StoredRecord>()
  readonly #byAddress = new Map<string, StoredRecord[]>()
  /** Oldest first by id, so that what is new is mostly appended. */
  readonly #byAge: StoredRecord[] = []
  readonly #arrivals: StoredRecord[] = []
  readonly #removed = new Set<string>()
  readonly #retracted = new Retracted()
  /** Replaceable addresses whose newest record expired or was retracted: nothing up to its id comes back. */
  readonly #floors = new Map<string, Uint8Array>()
  /** What expires, soonest first. */
  readonly #endings: Ending[] = []
  readonly #expires = new Map<StoredRecord, Timestamp>()
  #lastSequence: Sequence = 0
  #lastReceived = -1n
  #dropped = 0
  #closed = false

  constructor(clock: TrustedClock) {
    this.#clock = clock
    this.#sweeper = new Sweeper(clock, async (trusted) => this.#sweep(trusted))
  }

  get dropped(): number {
    return this.#dropped
  }

  get closed(): boolean {
    return this.#closed
  }

  async put(batch: readonly VerifiedRecord[]): Promise<readonly PutOutcome[]> {
    this.#checkOpen()
    checkBatch(batch)
    const outcomes = batch.map((record) => this.#putOne(record))
    this.wake.notify()
    return outcomes
  }

  #putOne(record: VerifiedRecord): PutOutcome {
    const id = toHex(record.id)
    const address = toHex(record.address)
    const { now, over } = this.#clock.read()
    const expires = expiryOf(record.tags)
    if (expires !== undefined && expires <= over) return { outcome: "expired" }
    if (this.#byId.has(id) || this.#removed.has(id) || this.#retracted.has(record)) return { outcome: "duplicate" }
    const versions = this.#byAddress.get(address) ?? []
    if (kindHandling(record.kind) === "replaceable") {
      const others = [this.#floors.get(address), ...versions.map((other) => other.record.id)]
      if (others.some((other) => other !== undefined && compareBytes(other, record.id) > 0)) return { outcome: "superseded" }
      const isThere = this.#isThere()
      for (const older of versions) {
        if (isThere(older)) this.#drop(older)
        else this.#end(older)
      }
    }
    const received = parseTimestamp(now > this.#lastReceived ? now : this.#lastReceived + 1n)
    // A copy, because the bytes may be a view into everything that came with them over the network.
    const stored = { record: restoreRecord(record.bytes.slice()), received, sequence: this.#lastSequence + 1 }
    this.#lastReceived = received
    this.#lastSequence = stored.sequence
    this.#byId.set(id, stored)
    this.#byAddress.set(address, [...(this.#byAddress.get(address) ?? []), stored])
    this.#byAge.splice(this.#ageOf(record.id), 0, stored)
    this.#arrivals.push(stored)
    if (expires !== undefined) this.#expect(stored, expires)
    this.#retract(stored.record)
    return { outcome: "stored", received, sequence: stored.sequence }
  }

  #expect(stored: StoredRecord, expires: Timestamp): void {
    this.#expires.set(stored, expires)
    this.#endings.splice(
      firstIndex(this.#endings, (other) => other.expires > expires),
      0,
      { expires, stored },
    )
    this.#sweeper.expect(expires)
  }

  #retract(retraction: VerifiedRecord): void {
    for (const reference of retractionTargets(retraction)) {
      const one = this.#byId.get(toHex(reference))
      const named = isAddress(reference) ? (this.#byAddress.get(toHex(reference)) ?? []) : one === undefined ? [] : [one]
      const isForeign = named.some(({ record }) => !mayRetract(retraction, record.address))
      if (isForeign) continue
      this.#retracted.add(retraction, reference)
      for (const stored of named) if (this.#retracted.has(stored.record)) this.#end(stored)
    }
  }

  /** Drops what expires up to a time, and says when the next does. */
  #sweep(trusted: bigint): bigint | undefined {
    const count = firstIndex(this.#endings, ({ expires }) => expires > trusted)
    for (const { stored } of this.#endings.slice(0, count)) this.#end(stored)
    if (count > 0) this.wake.notify()
    return this.#endings[0]?.expires
  }

  /** Drops what is over or retracted: nothing older of a replaceable address may take its place. */
  #end(stored: StoredRecord): void {
    this.#drop(stored)
    const { address, kind, id } = stored.record
    if (kindHandling(kind) !== "replaceable") return
    const floor = this.#floors.get(toHex(address))
    if (floor === undefined || compareBytes(floor, id) < 0) this.#floors.set(toHex(address), id)
  }

  /** Tells what is there from what only was not dropped yet. */
  #isThere(): (stored: StoredRecord) => boolean {
    const { over } = this.#clock.read()
    return (stored) => {
      const expires = this.#expires.get(stored)
      return expires === undefined || expires > over
    }
  }

  async get(references: readonly Reference[]): Promise<readonly StoredRecord[]> {
    this.#checkOpen()
    const asked = new Map(references.map((reference) => [toHex(reference), reference]))
    const found = [...asked].flatMap(([key, reference]) => {
      if (isAddress(reference)) return [...(this.#byAddress.get(key) ?? [])].sort(compareNewestFirst)
      return this.#byId.get(key) ?? []
    })
    return found.filter(this.#isThere())
  }

  async query(filter: Filter, { limit, cursor }: QueryOptions): Promise<QueryPage> {
    this.#checkOpen()
    checkLimit(limit)
    const records: StoredRecord[] = []
    const isThere = this.#isThere()
    let bytes = 0
    for (let age = (cursor === undefined ? this.#byAge.length : this.#ageOf(cursorId(cursor))) - 1; age >= 0; age -= 1) {
      const stored = this.#byAge[age]
      if (stored === undefined || !isThere(stored) || !matchesFilter(filter, stored.record, stored.received)) continue
      const last = records.at(-1)
      if ((records.length === limit || bytes >= MAX_PAGE_BYTES) && last !== undefined) return { records, next: cursorAfter(last) }
      records.push(stored)
      bytes += stored.record.bytes.length
    }
    return { records }
  }

  changes(after: Sequence, { signal }: { readonly signal: AbortSignal }): AsyncIterable<StoredRecord> {
    this.#checkOpen()
    return followChanges(this, after, signal)
  }

  pageAfter(after: Sequence): readonly StoredRecord[] {
    const start = firstIndex(this.#arrivals, (stored) => stored.sequence > after)
    const isThere = this.#isThere()
    const page: StoredRecord[] = []
    for (let index = start; index < this.#arrivals.length && page.length < CHANGES_PAGE; index += 1) {
      const stored = this.#arrivals[index]
      if (stored !== undefined && isThere(stored)) page.push(stored)
    }
    return page
  }

  async lastSequence(): Promise<Sequence> {
    this.#checkOpen()
    return this.#lastSequence
  }

  async remove(ids: readonly Uint8Array[], { forget = false }: { readonly forget?: boolean } = {}): Promise<number> {
    this.#checkOpen()
    const isThere = this.#isThere()
    let count = 0
    for (const id of ids) {
      const stored = this.#byId.get(toHex(id))
      if (stored === undefined) continue
      if (!isThere(stored)) {
        this.#end(stored)
        continue
      }
      this.#drop(stored)
      if (!forget) this.#removed.add(toHex(id))
      count += 1
    }
    this.wake.notify()
    return count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.wake.notify()
    await this.#sweeper[Symbol.asyncDispose]()
  }

  #drop(stored: StoredRecord): void {
    this.#dropped += 1
    this.#byId.delete(toHex(stored.record.id))
    const address = toHex(stored.record.address)
    const others = (this.#byAddress.get(address) ?? []).filter((other) => other !== stored)
    if (others.length === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, others)
    this.#byAge.splice(this.#ageOf(stored.record.id), 1)
    this.#arrivals.splice(
      firstIndex(this.#arrivals, (other) => other.sequence >= stored.sequence),
      1,
    )
    const expires = this.#expires.get(stored)
    if (expires === undefined) return
    this.#expires.delete(stored)
    let ending = firstIndex(this.#endings, (other) => other.expires >= expires)
    while (this.#endings[ending]?.stored !== stored) ending += 1
    this.#endings.splice(ending, 1)
  }

  /** Where a record of this id stands, or would stand, among all by age. */
  #ageOf(id: Uint8Array): number {
    return firstIndex(this.#byAge, (stored) => compareBytes(stored.record.id, id) >= 0)
  }

  #checkOpen(): void {
    if (this.#closed) throw new StorageError("failed", "The record store is closed.")
  }
}

/** The first index of a sorted list at which a condition holds that holds from there on; its length when there is none. */
function firstIndex<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = list[middle]
    if (item !== undefined && holds(item)) high = middle
    else low = middle + 1
  }
  return low
}
