import {
  type Filter,
  type Reference,
  type Timestamp,
  type VerifiedRecord,
  compareBytes,
  isAddress,
  kindHandling,
  matchesFilter,
  parseTimestamp,
  restoreRecord,
  toHex,
} from "@tessera/mosaic"
import { MAX_PAGE_BYTES, checkBatch, checkLimit } from "./bounds.ts"
import { type ChangeSource, followChanges } from "./change-feed.ts"
import { compareNewestFirst, cursorAfter, cursorId } from "./order.ts"
import {
  type PutOutcome,
  type QueryCursor,
  type QueryPage,
  type RecordStore,
  type Sequence,
  StorageError,
  type StoredRecord,
} from "./port.ts"
import { Wake } from "./wake.ts"

const CHANGES_PAGE = 256

/**
 * A store that lives in memory and forgets everything when it is closed: for tests, simulations and throw-away servers. A query looks at every
 * record.
 *
 * @param options.now the server's clock; it may stand still or jump.
 */
export function openMemoryStore(options: { readonly now: () => Timestamp }): RecordStore {
  return new MemoryStore(options.now)
}

class MemoryStore implements RecordStore, ChangeSource {
  readonly wake = new Wake()
  readonly #now: () => Timestamp
  readonly #byId = new Map<string, StoredRecord>()
  readonly #byAddress = new Map<string, StoredRecord[]>()
  /** Oldest first by id, so that what is new is mostly appended. */
  readonly #byAge: StoredRecord[] = []
  readonly #arrivals: StoredRecord[] = []
  readonly #removed = new Set<string>()
  #lastSequence: Sequence = 0
  #lastReceived = -1n
  #dropped = 0
  #closed = false

  constructor(now: () => Timestamp) {
    this.#now = now
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
    if (this.#byId.has(id) || this.#removed.has(id)) return { outcome: "duplicate" }
    const versions = this.#byAddress.get(toHex(record.address)) ?? []
    if (kindHandling(record.kind) === "replaceable") {
      if (versions.some((other) => compareBytes(other.record.id, record.id) > 0)) return { outcome: "superseded" }
      for (const older of versions) this.#drop(older)
    }
    const now = this.#now()
    const received = parseTimestamp(now > this.#lastReceived ? now : this.#lastReceived + 1n)
    // A copy, because the bytes may be a view into everything that came with them over the network.
    const stored = { record: restoreRecord(record.bytes.slice()), received, sequence: this.#lastSequence + 1 }
    this.#lastReceived = received
    this.#lastSequence = stored.sequence
    this.#byId.set(id, stored)
    this.#byAddress.set(toHex(record.address), [...(this.#byAddress.get(toHex(record.address)) ?? []), stored])
    this.#byAge.splice(this.#ageOf(record.id), 0, stored)
    this.#arrivals.push(stored)
    return { outcome: "stored", received, sequence: stored.sequence }
  }

  async get(references: readonly Reference[]): Promise<readonly StoredRecord[]> {
    this.#checkOpen()
    const asked = new Map(references.map((reference) => [toHex(reference), reference]))
    return [...asked].flatMap(([key, reference]) => {
      if (isAddress(reference)) return [...(this.#byAddress.get(key) ?? [])].sort(compareNewestFirst)
      return this.#byId.get(key) ?? []
    })
  }

  async query(filter: Filter, { limit, cursor }: { readonly limit: number; readonly cursor?: QueryCursor }): Promise<QueryPage> {
    this.#checkOpen()
    checkLimit(limit)
    const records: StoredRecord[] = []
    let bytes = 0
    for (let age = (cursor === undefined ? this.#byAge.length : this.#ageOf(cursorId(cursor))) - 1; age >= 0; age -= 1) {
      const stored = this.#byAge[age]
      if (stored === undefined || !matchesFilter(filter, stored.record, stored.received)) continue
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
    return this.#arrivals.slice(start, start + CHANGES_PAGE)
  }

  async lastSequence(): Promise<Sequence> {
    this.#checkOpen()
    return this.#lastSequence
  }

  async remove(ids: readonly Uint8Array[], { forget = false }: { readonly forget?: boolean } = {}): Promise<number> {
    this.#checkOpen()
    let count = 0
    for (const id of ids) {
      const stored = this.#byId.get(toHex(id))
      if (stored === undefined) continue
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
function firstIndex(list: readonly StoredRecord[], holds: (stored: StoredRecord) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const stored = list[middle]
    if (stored !== undefined && holds(stored)) high = middle
    else low = middle + 1
  }
  return low
}
