import type { VerifiedRecord } from "@tessera/mosaic"

/** One source of a merge, with the stored records that it has brought and nobody has taken yet. */
export class Inlet<Name> {
  readonly name: Name
  /** What it brings is still stored, not new. */
  isStored = true
  /** The order waits for it; not any more when it was late once. */
  isAwaited = true
  /** How it ended, once it has. */
  ended: { readonly ended: Name; readonly error?: unknown } | undefined
  /** How many records were taken from it. */
  taken = 0
  #records: VerifiedRecord[] = []
  #first = 0

  constructor(name: Name) {
    this.name = name
  }

  get isEmpty(): boolean {
    return this.#first === this.#records.length
  }

  /** The record that comes next. @throws {RangeError} when there is none. */
  get head(): VerifiedRecord {
    const record = this.#records[this.#first]
    if (record === undefined) throw new RangeError("a source that is empty has no head")
    return record
  }

  put(record: VerifiedRecord): void {
    this.#records.push(record)
  }

  take(): VerifiedRecord {
    const record = this.head
    this.#first += 1
    this.taken += 1
    // Emptied now and then, so that taking one costs the same however many wait.
    if (this.#first === this.#records.length || this.#first > 1_024) {
      this.#records = this.#records.slice(this.#first)
      this.#first = 0
    }
    return record
  }
}
