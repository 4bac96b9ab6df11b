import type Database from "better-sqlite3-multiple-ciphers"
import type { Timestamp } from "@tessera/mosaic"
import type { PutOutcome } from "../port.ts"
import type { Row } from "./request.ts"
import { WRITES } from "./statements.ts"

interface Counter {
  readonly sequence: bigint
  readonly received: bigint
}

interface Held {
  readonly sequence: bigint
  readonly position: Uint8Array
  readonly tag_keys: Uint8Array
  readonly head: Uint8Array
}

const POSITION_LENGTH = 16
const TAG_KEY_LENGTH = 16

/** The rules of taking in and dropping records, run inside transactions of the one writer. */
export class Ledger {
  readonly #database: Database.Database
  readonly #counter
  readonly #setCounter
  readonly #isRemoved
  readonly #setRemoved
  readonly #atPosition
  readonly #atAddress
  readonly #insert
  readonly #delete
  readonly #insertTag
  readonly #deleteTag
  #sequence = 0n
  #received = -1n
  #dropped = 0

  constructor(database: Database.Database) {
    this.#database = database
    this.#counter = database.prepare<[], Counter>(WRITES.counter).safeIntegers()
    this.#setCounter = database.prepare<[bigint, bigint]>(WRITES.setCounter)
    this.#isRemoved = database.prepare<[Uint8Array]>(WRITES.isRemoved).pluck()
    this.#setRemoved = database.prepare<[Uint8Array]>(WRITES.setRemoved)
    this.#atPosition = database.prepare<[Uint8Array], Held>(WRITES.atPosition).safeIntegers()
    this.#atAddress = database.prepare<[Uint8Array], Held>(WRITES.atAddress).safeIntegers()
    this.#insert = database.prepare<[bigint, bigint, Uint8Array, Uint8Array]>(WRITES.insert)
    this.#delete = database.prepare<[bigint]>(WRITES.delete)
    this.#insertTag = database.prepare<[Uint8Array, Uint8Array, bigint]>(WRITES.insertTag)
    this.#deleteTag = database.prepare<[Uint8Array, Uint8Array, bigint]>(WRITES.deleteTag)
  }

  /** Runs `act` in one transaction, durable when this returns; nothing of it has happened when this throws. */
  transaction<T>(act: () => T): T {
    return this.#database
      .transaction(() => {
        const { sequence, received } = this.#counter.get() ?? { sequence: 0n, received: -1n }
        this.#sequence = sequence
        this.#received = received
        const result = act()
        if (this.#sequence !== sequence) this.#setCounter.run(this.#sequence, this.#received)
        return result
      })
      .immediate()
  }

  /** Takes records in, in their order. Only inside {@link Ledger.transaction}. */
  put(rows: readonly Row[], now: bigint): { outcomes: PutOutcome[]; dropped: number } {
    this.#dropped = 0
    const outcomes = rows.map((row) => this.#putOne(row, now))
    return { outcomes, dropped: this.#dropped }
  }

  /** Drops records and, unless they are to be forgotten, remembers their ids. Only inside {@link Ledger.transaction}. Returns how many there were. */
  remove(ids: readonly Uint8Array[], forget: boolean): number {
    this.#dropped = 0
    for (const id of ids) {
      const held = this.#held(id)
      if (held === undefined) continue
      this.#drop(held)
      if (!forget) this.#setRemoved.run(id)
    }
    return this.#dropped
  }

  #putOne({ bytes, tagKeys, isReplaceable }: Row, now: bigint): PutOutcome {
    const id = bytes.subarray(0, 48)
    if (this.#held(id) !== undefined || this.#isRemoved.get(id) !== undefined) return { outcome: "duplicate" }
    if (isReplaceable) {
      const address = bytes.subarray(48, 96)
      const versions = this.#atAddress.all(address.subarray(0, 24)).filter(({ head }) => same(head.subarray(48, 96), address))
      if (versions.some(({ head }) => Buffer.compare(head.subarray(0, 48), id) > 0)) return { outcome: "superseded" }
      for (const version of versions) this.#drop(version)
    }
    this.#sequence += 1n
    this.#received = now > this.#received ? now : this.#received + 1n
    this.#insert.run(this.#sequence, this.#received, tagKeys, bytes)
    for (const key of keysOf(tagKeys)) this.#insertTag.run(key, id.subarray(0, POSITION_LENGTH), this.#sequence)
    // A timestamp by construction: the clock gives timestamps, and 2^63 records of one clock tick will not come.
    return { outcome: "stored", received: this.#received as Timestamp, sequence: Number(this.#sequence) }
  }

  #held(id: Uint8Array): Held | undefined {
    return this.#atPosition.all(id.subarray(0, POSITION_LENGTH)).find(({ head }) => same(head.subarray(0, 48), id))
  }

  #drop({ sequence, position, tag_keys: tagKeys }: Held): void {
    for (const key of keysOf(tagKeys)) this.#deleteTag.run(key, position, sequence)
    this.#delete.run(sequence)
    this.#dropped += 1
  }
}

function* keysOf(tagKeys: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < tagKeys.length; offset += TAG_KEY_LENGTH) yield tagKeys.subarray(offset, offset + TAG_KEY_LENGTH)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
