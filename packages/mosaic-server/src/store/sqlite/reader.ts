import type Database from "better-sqlite3-multiple-ciphers"
import { DecodeError, type Reference, compareBytes, equalBytes, isAddress, parseTimestamp, restoreRecord, toHex } from "@tessera/mosaic"
import type { Arrivals, Stream, StreamIndex } from "../plan.ts"
import { POSITION_LENGTH, type Stretch } from "../position.ts"
import { type Sequence, StorageError, type StoredRecord } from "../port.ts"
import { asStorageError, storageError } from "./fault.ts"
import type { Entry } from "./merge.ts"
import { READS, arrivalsStatement, streamCountStatement, streamStatement } from "./statements.ts"

interface Row {
  readonly sequence: bigint
  readonly received: bigint
  readonly expires: bigint | null
  readonly bytes: Uint8Array
}

type RawEntry = [position: Uint8Array, sequence: number]

const CHANGES_ROWS = 256
const CHANGES_BYTES = 4_194_304

/** One connection that reads, and its prepared statements. All of it is synchronous: a call blocks for microseconds, not for a disk. */
export class Reader {
  readonly #database: Database.Database
  readonly #row
  readonly #after
  readonly #atPosition
  readonly #atAddress
  readonly #lastSequence
  readonly #firstReceivedSince
  readonly #streams = new Map<StreamIndex, Database.Statement>()
  readonly #counts = new Map<StreamIndex, Database.Statement>()
  readonly #arrivals = new Map<Arrivals["by"], Database.Statement>()

  /** What expires up to here is not there any more, whether it was dropped already or not. */
  readonly #over: () => bigint
  #overAt = -1n

  constructor(database: Database.Database, over: () => bigint = () => -1n) {
    this.#database = database
    this.#over = over
    this.#row = database.prepare<[number], Row>(READS.row).safeIntegers()
    this.#after = database.prepare<[number], Row>(READS.after).safeIntegers()
    this.#atPosition = database.prepare<[Uint8Array], Row>(READS.atPosition).safeIntegers()
    this.#atAddress = database.prepare<[Uint8Array], Row>(READS.atAddress).safeIntegers()
    this.#lastSequence = database.prepare<[], number>(READS.lastSequence).pluck()
    this.#firstReceivedSince = database.prepare<[bigint], number>(READS.firstReceivedSince).pluck()
  }

  /**
   * Runs `act` on one unchanging state of the store.
   *
   * @throws {StorageError} when the store is closed, or the file cannot be read.
   */
  snapshot<T>(act: () => T): T {
    if (!this.#database.open) throw new StorageError("failed", "The record store is closed.")
    this.#overAt = this.#over()
    try {
      return this.#database.transaction(act)()
    } catch (error) {
      if (error instanceof DecodeError) throw storageError("corrupt", `what was a record is none: ${error.reason}`)
      throw asStorageError(error)
    }
  }

  close(): void {
    this.#database.close()
  }

  // What follows is to be called inside a snapshot.

  lastSequence(): Sequence {
    return this.#lastSequence.get() ?? 0
  }

  /** The record of a sequence, unless it has been dropped since. */
  row(sequence: Sequence): StoredRecord | undefined {
    const row = this.#row.get(sequence)
    return row === undefined || this.#isOver(row) ? undefined : restore(row)
  }

  /** All that a reference refers to, newest first. */
  at(reference: Reference): StoredRecord[] {
    if (isAddress(reference)) {
      // The index knows 24 bytes of an address, the order within one position it does not know.
      const versions = this.#restoreAll(this.#atAddress.all(reference.subarray(0, 24)))
      return versions.filter(({ record }) => equalBytes(record.address, reference)).sort((a, b) => compareBytes(b.record.id, a.record.id))
    }
    const found = this.#restoreAll(this.#atPosition.all(reference.subarray(0, POSITION_LENGTH)))
    return found.filter(({ record }) => equalBytes(record.id, reference))
  }

  /** The next records by sequence, few enough to be held in memory. */
  pageAfter(after: Sequence): StoredRecord[] {
    const page: StoredRecord[] = []
    let bytes = 0
    for (const row of this.#after.iterate(after)) {
      if (this.#isOver(row)) continue
      page.push(restore(row))
      bytes += row.bytes.length
      if (page.length >= CHANGES_ROWS || bytes >= CHANGES_BYTES) break
    }
    return page
  }

  /** The first sequence that was received at a time or later. */
  firstReceivedSince(time: bigint): Sequence | undefined {
    return this.#firstReceivedSince.get(time)
  }

  /** The next entries of a run, newest first: those after `last`, or the first. */
  entries(stream: Stream, last: Entry | undefined, count: number): Entry[] {
    const after = last ?? { position: stream.newest, sequence: Number.MAX_SAFE_INTEGER }
    const statement = prepareOnce(this.#streams, stream.by, () => this.#database.prepare(streamStatement(stream.by)).raw())
    return entriesOf(statement.all(stream.key, after.position, after.sequence, stream.oldest, count))
  }

  /** How many entries a run has, at most `bound`. */
  count(by: StreamIndex, key: Uint8Array, { newest, oldest }: Stretch, bound: number): number {
    const statement = prepareOnce(this.#counts, by, () => this.#database.prepare(streamCountStatement(by)).pluck())
    return Number(statement.get(key, oldest, newest, bound))
  }

  /** At most `bound` entries of a run that arrived with a sequence or later. */
  arrivals({ by, key }: Arrivals, first: Sequence, bound: number): Entry[] {
    const statement = prepareOnce(this.#arrivals, by, () => this.#database.prepare(arrivalsStatement(by)).raw())
    return entriesOf(statement.all(key, first, bound))
  }

  #isOver({ expires }: Row): boolean {
    return expires !== null && expires <= this.#overAt
  }

  #restoreAll(rows: readonly Row[]): StoredRecord[] {
    return rows.filter((row) => !this.#isOver(row)).map(restore)
  }
}

function prepareOnce<K>(statements: Map<K, Database.Statement>, key: K, prepare: () => Database.Statement): Database.Statement {
  let statement = statements.get(key)
  if (statement === undefined) {
    statement = prepare()
    statements.set(key, statement)
  }
  return statement
}

/** References in the order asked, a repeated one once. */
export function distinctReferences(references: readonly Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [toHex(reference), reference])).values()]
}

function entriesOf(rows: readonly unknown[]): Entry[] {
  return (rows as readonly RawEntry[]).map(([position, sequence]) => ({ position, sequence }))
}

function restore({ sequence, received, bytes }: Row): StoredRecord {
  // Not a Buffer, whose `slice` would not copy as that of other byte arrays does.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { record: restoreRecord(plain), received: parseTimestamp(received), sequence: Number(sequence) }
}
