import type Database from "better-sqlite3-multiple-ciphers"
import type { Timestamp } from "@tessera/mosaic"
import type { PutOutcome } from "../port.ts"
import { retractedBy } from "../retractable.ts"
import type { Moment } from "../trusted-clock.ts"
import { type Expiry, NEVER, type Row } from "./request.ts"
import { WRITES } from "./statements.ts"

interface Counter {
  readonly sequence: bigint
  readonly received: bigint
  readonly trusted: bigint
}

/** Up to when something is retracted, by any key of the author's and by the master key; -1 for not at all. */
interface Retracted {
  readonly until: bigint
  readonly master_until: bigint
}

interface Held {
  readonly sequence: bigint
  readonly position: Uint8Array
  readonly tag_keys: Uint8Array
  readonly head: Uint8Array
}

const POSITION_LENGTH = 16
const TAG_KEY_LENGTH = 16
const REFERENCE_LENGTH = 48
/** How many expired records one transaction drops: others must not wait long. */
const SWEEP = 500
const NO_TIME = -1n
const LAST_TIME = 2n ** 63n - 1n
/** The lowest two bits of a kind. */
const REPLACEABLE = 2n

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
  readonly #retraction
  readonly #setRetracted
  readonly #floor
  readonly #setFloor
  readonly #isOver
  readonly #over
  readonly #nextExpiry
  #sequence = 0n
  #received = -1n
  #trusted = -1n
  #dropped = 0

  constructor(database: Database.Database) {
    this.#database = database
    this.#counter = database.prepare<[], Counter>(WRITES.counter).safeIntegers()
    this.#setCounter = database.prepare<[bigint, bigint, bigint]>(WRITES.setCounter)
    this.#isRemoved = database.prepare<[Uint8Array]>(WRITES.isRemoved).pluck()
    this.#setRemoved = database.prepare<[Uint8Array]>(WRITES.setRemoved)
    this.#atPosition = database.prepare<[Uint8Array], Held>(WRITES.atPosition).safeIntegers()
    this.#atAddress = database.prepare<[Uint8Array], Held>(WRITES.atAddress).safeIntegers()
    this.#insert = database.prepare<[bigint, bigint, Uint8Array, Uint8Array, bigint | null]>(WRITES.insert)
    this.#delete = database.prepare<[bigint]>(WRITES.delete)
    this.#insertTag = database.prepare<[Uint8Array, Uint8Array, bigint]>(WRITES.insertTag)
    this.#deleteTag = database.prepare<[Uint8Array, Uint8Array, bigint]>(WRITES.deleteTag)
    this.#retraction = database.prepare<[Uint8Array, Uint8Array, Uint8Array], Retracted>(WRITES.retraction).safeIntegers()
    this.#setRetracted = database.prepare<[Uint8Array, Uint8Array, bigint, bigint]>(WRITES.setRetracted)
    this.#floor = database.prepare<[Uint8Array], Uint8Array>(WRITES.floor).pluck()
    this.#setFloor = database.prepare<[Uint8Array, Uint8Array]>(WRITES.setFloor)
    this.#isOver = database.prepare<[bigint, bigint]>(WRITES.isOver).pluck()
    this.#over = database.prepare<[bigint, number], Held>(WRITES.over).safeIntegers()
    this.#nextExpiry = database.prepare<[bigint], bigint>(WRITES.nextExpiry).safeIntegers().pluck()
  }

  get expiry(): Expiry {
    return { trusted: this.#counter.get()?.trusted ?? NO_TIME, next: this.#nextExpiry.get(NO_TIME) }
  }

  /** Runs `act` in one transaction, durable when this returns; nothing of it has happened when this throws. */
  transaction<T>(act: () => T): T {
    return this.#database
      .transaction(() => {
        const { sequence, received, trusted } = this.#counter.get() ?? { sequence: 0n, received: -1n, trusted: NO_TIME }
        this.#sequence = sequence
        this.#received = received
        this.#trusted = trusted
        const result = act()
        if (this.#sequence !== sequence || this.#trusted !== trusted) this.#setCounter.run(this.#sequence, this.#received, this.#trusted)
        return result
      })
      .immediate()
  }

  /** Takes records in, in their order. Only inside {@link Ledger.transaction}. */
  put(rows: readonly Row[], moment: Moment): { outcomes: PutOutcome[]; dropped: number } {
    this.#dropped = 0
    const outcomes = rows.map((row) => this.#putOne(row, moment))
    return { outcomes, dropped: this.#dropped }
  }

  /**
   * Drops records and, unless they are to be forgotten, remembers their ids. Only inside {@link Ledger.transaction}.
   * `count` is how many there were that were not over: what is over is as if it were gone already.
   */
  remove(ids: readonly Uint8Array[], forget: boolean, over: bigint): { dropped: number; count: number } {
    this.#dropped = 0
    let count = 0
    for (const id of ids) {
      const held = this.#held(id)
      if (held === undefined) continue
      if (!this.#dropOrEnd(held, over)) continue
      count += 1
      if (!forget) this.#setRemoved.run(id)
    }
    return { dropped: this.#dropped, count }
  }

  /** Drops some of what expires up to a time, and says when the next does. Only inside {@link Ledger.transaction}. */
  sweep(trusted: bigint): { dropped: number; next: bigint | undefined } {
    this.#dropped = 0
    for (const held of this.#over.all(trusted, SWEEP)) this.#end(held)
    // Written down with what it dropped: a clock that is set back before the next start lets nothing of it in again.
    if (this.#dropped > 0) this.#trust(trusted)
    return { dropped: this.#dropped, next: this.#nextExpiry.get(NO_TIME) }
  }

  /** Carries out a Retraction. Only inside {@link Ledger.transaction}. */
  retract(retraction: Uint8Array, references: Uint8Array): void {
    for (let offset = 0; offset < references.length; offset += REFERENCE_LENGTH)
      this.#retractOne(retraction, references.subarray(offset, offset + REFERENCE_LENGTH))
  }

  #retractOne(retraction: Uint8Array, reference: Uint8Array): void {
    const author = retraction.subarray(64, 96)
    const isMaster = same(author, retraction.subarray(96, 128))
    const timestamp = Buffer.from(retraction.buffer, retraction.byteOffset, 8).readBigUInt64BE()
    const isAddress = ((reference[0] ?? 0) & 0x80) !== 0
    const until = isAddress ? timestamp : LAST_TIME
    const named = isAddress ? this.#versions(reference) : [this.#held(reference)].filter((held) => held !== undefined)
    const mine = named.filter(({ head }) => same(head.subarray(64, 96), author) && mayRetract(head, isMaster))
    // Somebody else's, or what this key cannot take back: nothing to remember, and nothing that it could be later.
    if (!isAddress && named.length > mine.length) return
    for (const held of mine) if (!isLater(held.head, until)) this.#end(held)
    this.#setRetracted.run(reference, author, until, isMaster ? until : NO_TIME)
  }

  #isRetracted(bytes: Uint8Array): boolean {
    const who = retractedBy(kindOf(bytes))
    if (who === "nobody") return false
    const found = this.#retraction.all(bytes.subarray(0, 48), bytes.subarray(48, 96), bytes.subarray(64, 96))
    return found.some((retracted) => !isLater(bytes, who === "master" ? retracted.master_until : retracted.until))
  }

  #putOne({ bytes, tagKeys, isReplaceable, expires, retracts }: Row, { now, over, trusted }: Moment): PutOutcome {
    const id = bytes.subarray(0, 48)
    if (expires !== NEVER && expires <= over) return { outcome: "expired" }
    if (this.#held(id) !== undefined || this.#isRemoved.get(id) !== undefined || this.#isRetracted(bytes)) return { outcome: "duplicate" }
    if (isReplaceable) {
      const address = bytes.subarray(48, 96)
      const versions = this.#versions(address)
      const floor = this.#floor.get(address)
      if (floor !== undefined && Buffer.compare(floor, id) > 0) return { outcome: "superseded" }
      if (versions.some(({ head }) => Buffer.compare(head.subarray(0, 48), id) > 0)) return { outcome: "superseded" }
      for (const version of versions) this.#dropOrEnd(version, over)
    }
    this.#sequence += 1n
    this.#received = now > this.#received ? now : this.#received + 1n
    this.#trust(trusted)
    this.#insert.run(this.#sequence, this.#received, tagKeys, bytes, expires === NEVER ? null : expires)
    this.retract(bytes, retracts)
    for (const key of keysOf(tagKeys)) this.#insertTag.run(key, id.subarray(0, POSITION_LENGTH), this.#sequence)
    // A timestamp by construction: the clock gives timestamps, and 2^63 records of one clock tick will not come.
    return { outcome: "stored", received: this.#received as Timestamp, sequence: Number(this.#sequence) }
  }

  #trust(trusted: bigint): void {
    if (trusted > this.#trusted) this.#trusted = trusted
  }

  /** What of an address there is. */
  #versions(address: Uint8Array): Held[] {
    return this.#atAddress.all(address.subarray(0, 24)).filter(({ head }) => same(head.subarray(48, 96), address))
  }

  /** Drops a record; `false`: it was over, and only not dropped yet. */
  #dropOrEnd(held: Held, over: bigint): boolean {
    const isThere = this.#isOver.get(held.sequence, over) === undefined
    if (isThere) this.#drop(held)
    else this.#end(held)
    return isThere
  }

  /** Drops what is over or retracted: nothing older of a replaceable address may take its place. */
  #end(held: Held): void {
    this.#drop(held)
    if ((kindOf(held.head) & 3n) === REPLACEABLE) this.#setFloor.run(held.head.subarray(48, 96), held.head.subarray(0, 48))
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

const kindOf = (head: Uint8Array): bigint => Buffer.from(head.buffer, head.byteOffset + 56, 8).readBigUInt64BE()

function mayRetract(head: Uint8Array, isMaster: boolean): boolean {
  const who = retractedBy(kindOf(head))
  return who === "author" || (who === "master" && isMaster)
}

/** Whether a record, of which these are the first bytes, says that it was made after a time. */
const isLater = (head: Uint8Array, time: bigint): boolean => Buffer.from(head.buffer, head.byteOffset, 8).readBigUInt64BE() > time

function* keysOf(tagKeys: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < tagKeys.length; offset += TAG_KEY_LENGTH) yield tagKeys.subarray(offset, offset + TAG_KEY_LENGTH)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
