import {
  type Filter,
  type Reference,
  type VerifiedRecord,
  expiryOf,
  kindHandling,
  matchesFilter,
  mayRetract,
  retractionTargets,
  toHex,
} from "@tessera/mosaic"
import type { PutOutcome, Sequence, StoredRecord } from "../port.ts"

/** What of a stored record is compared: the rest follows from its bytes. */
export interface Seen {
  readonly sequence: Sequence
  readonly received: bigint
  readonly bytes: string
}

export function seen({ sequence, received, record }: StoredRecord): Seen {
  return { sequence, received, bytes: toHex(record.bytes) }
}

/**
 * What a store must answer, found by looking at everything each time and with no more cleverness than the words of the port need.
 * It knows nothing of indexes, pages or files.
 */
export class Oracle {
  #stored: StoredRecord[] = []
  readonly #removed = new Set<string>()
  readonly #retractions: VerifiedRecord[] = []
  /** What expired or was retracted. */
  readonly #ended: VerifiedRecord[] = []
  /** The latest time that any clock ever said. */
  over = -1n
  lastSequence = 0
  #lastReceived = -1n

  /** Takes over what the store said it did, after checking that it had to. `now`: the clock while it was put. */
  put(batch: readonly VerifiedRecord[], outcomes: readonly PutOutcome[], now: bigint): string[] {
    const faults: string[] = []
    if (batch.length > 0) this.passTo(now)
    if (batch.length !== outcomes.length) faults.push(`${batch.length} records, ${outcomes.length} outcomes`)
    for (const [index, record] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome === undefined) continue
      const expected = this.#expected(record)
      if (outcome.outcome !== expected) faults.push(`record ${index}: ${outcome.outcome}, expected ${expected}`)
      if (outcome.outcome !== "stored") continue
      if (outcome.sequence !== this.lastSequence + 1) faults.push(`sequence ${outcome.sequence} after ${this.lastSequence}`)
      if (outcome.received <= this.#lastReceived) faults.push(`received ${outcome.received}, not after ${this.#lastReceived}`)
      if (now > this.#lastReceived && outcome.received !== now) faults.push(`received ${outcome.received}, although the clock said ${now}`)
      this.lastSequence = outcome.sequence
      this.#lastReceived = outcome.received
      if (kindHandling(record.kind) === "replaceable") {
        this.#stored = this.#stored.filter((other) => toHex(other.record.address) !== toHex(record.address))
      }
      this.#stored.push({ record, received: outcome.received, sequence: outcome.sequence })
      this.#retractions.push(record)
      this.#end((other) => isRetractedBy(record, other))
    }
    return faults
  }

  /** The clock was looked at. */
  passTo(now: bigint): void {
    if (now > this.over) this.over = now
    this.#end((record) => this.#isOver(record))
  }

  #end(isEnded: (record: VerifiedRecord) => boolean): void {
    for (const { record } of this.#stored) if (isEnded(record)) this.#ended.push(record)
    this.#stored = this.#stored.filter(({ record }) => !isEnded(record))
  }

  #isOver(record: VerifiedRecord): boolean {
    const expires = expiryOf(record.tags)
    return expires !== undefined && expires <= this.over
  }

  #expected(record: VerifiedRecord): PutOutcome["outcome"] {
    if (this.#isOver(record)) return "expired"
    if (this.#removed.has(toHex(record.id))) return "duplicate"
    if (this.#retractions.some((retraction) => isRetractedBy(retraction, record))) return "duplicate"
    if (this.#stored.some((other) => toHex(other.record.id) === toHex(record.id))) return "duplicate"
    const others = [...this.#stored.map((other) => other.record), ...this.#ended]
    const isOlder = others.some((other) => toHex(other.address) === toHex(record.address) && isNewer(other, record))
    return kindHandling(record.kind) === "replaceable" && isOlder ? "superseded" : "stored"
  }

  remove(ids: readonly Uint8Array[], forget: boolean): number {
    const gone = new Set(ids.map(toHex))
    const before = this.#stored.length
    for (const { record } of this.#stored) if (!forget && gone.has(toHex(record.id))) this.#removed.add(toHex(record.id))
    this.#stored = this.#stored.filter(({ record }) => !gone.has(toHex(record.id)))
    return before - this.#stored.length
  }

  get(references: readonly Reference[]): Seen[] {
    const asked = [...new Set(references.map(toHex))]
    return asked.flatMap((reference) =>
      this.#newestFirst(({ record }) => toHex(record.id) === reference || toHex(record.address) === reference).map(seen),
    )
  }

  query(filter: Filter): Seen[] {
    return this.#newestFirst(({ record, received }) => matchesFilter(filter, record, received)).map(seen)
  }

  /** All that is stored after a sequence, in the order in which it came. */
  changes(after: Sequence): Seen[] {
    return this.#stored.filter(({ sequence }) => sequence > after).map(seen)
  }

  #newestFirst(isWanted: (stored: StoredRecord) => boolean): StoredRecord[] {
    return this.#stored.filter(isWanted).sort((a, b) => (isNewer(a.record, b.record) ? -1 : 1))
  }
}

function isRetractedBy(retraction: VerifiedRecord, record: VerifiedRecord): boolean {
  if (!mayRetract(retraction, record.address)) return false
  const names = new Set(retractionTargets(retraction).map(toHex))
  return names.has(toHex(record.id)) || (names.has(toHex(record.address)) && record.timestamp <= retraction.timestamp)
}

function isNewer(a: VerifiedRecord, b: VerifiedRecord): boolean {
  return a.timestamp === b.timestamp ? toHex(a.id) > toHex(b.id) : a.timestamp > b.timestamp
}
