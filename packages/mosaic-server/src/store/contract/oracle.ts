import { type Filter, type Reference, type VerifiedRecord, kindHandling, matchesFilter, toHex } from "@tessera/mosaic"
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
  lastSequence = 0
  #lastReceived = -1n

  /** Takes over what the store said it did, after checking that it had to. `now`: the clock while it was put. */
  put(batch: readonly VerifiedRecord[], outcomes: readonly PutOutcome[], now: bigint): string[] {
    const faults: string[] = []
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
    }
    return faults
  }

  #expected(record: VerifiedRecord): PutOutcome["outcome"] {
    if (this.#removed.has(toHex(record.id))) return "duplicate"
    if (this.#stored.some((other) => toHex(other.record.id) === toHex(record.id))) return "duplicate"
    const isOlder = this.#stored.some((other) => toHex(other.record.address) === toHex(record.address) && isNewer(other.record, record))
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

function isNewer(a: VerifiedRecord, b: VerifiedRecord): boolean {
  return a.timestamp === b.timestamp ? toHex(a.id) > toHex(b.id) : a.timestamp > b.timestamp
}
