import type { PutOutcome, StorageError } from "../port.ts"
import type { Moment } from "../trusted-clock.ts"
import type { DatabaseFile } from "./database.ts"

/** What the writer's thread is started with. */
export interface WriterData extends DatabaseFile {
  /** The most pages of 4 KiB that the file may have: for tests of a full disk. */
  readonly maxPages?: number
}

/** One record for the writer, which knows nothing of records but where their fields are. */
export interface Row {
  readonly bytes: Uint8Array
  /** As `tagKeys` gives them. */
  readonly tagKeys: Uint8Array
  readonly isReplaceable: boolean
  /** When it is over; {@link NEVER} when it is not. */
  readonly expires: bigint
  /** The references, 48 bytes each, that it takes back. */
  readonly retracts: Uint8Array
}

/** Of a record that does not expire. */
export const NEVER = -1n

/** What the writer is asked. `ticket` comes back with the answer. */
export type Request =
  | { readonly ask: "put"; readonly ticket: number; readonly rows: PackedRows; readonly moment: Moment }
  | {
      readonly ask: "remove"
      readonly ticket: number
      readonly ids: readonly Uint8Array[]
      readonly forget: boolean
      readonly over: bigint
    }
  | { readonly ask: "sweep"; readonly ticket: number; readonly trusted: bigint }
  | { readonly ask: "close" }

/** What the writer answers: first once whether it is open, then per ticket. `dropped` counts records whose content is gone now. */
export type Answer =
  | { readonly answer: "open"; readonly expiry: Expiry }
  | { readonly answer: "notOpen"; readonly fault: Fault }
  | { readonly answer: "put"; readonly ticket: number; readonly outcomes: readonly PutOutcome[]; readonly dropped: number }
  | { readonly answer: "removed"; readonly ticket: number; readonly dropped: number; readonly count: number }
  | { readonly answer: "swept"; readonly ticket: number; readonly dropped: number; readonly next: bigint | undefined }
  | { readonly answer: "refused"; readonly ticket: number; readonly fault: Fault }

/** What a file says of expiry when it is opened. */
export interface Expiry {
  /** What clock was trusted when it was last written; below zero when it never was. */
  readonly trusted: bigint
  /** When the next record expires, if one does. */
  readonly next: bigint | undefined
}

/** A {@link StorageError} on its way between threads. */
export interface Fault {
  readonly reason: StorageError["reason"]
  readonly message: string
}

/** Rows in one piece of memory, which moves to the other thread instead of being copied. */
export interface PackedRows {
  readonly data: Uint8Array<ArrayBuffer>
  /** Four numbers a row: length of the bytes, of the tag keys, of what it retracts, 1 when replaceable. */
  readonly shape: Uint32Array<ArrayBuffer>
  /** One a row. */
  readonly expires: BigInt64Array<ArrayBuffer>
}

export function packRows(rows: readonly Row[]): PackedRows {
  const sections = rows.flatMap(({ bytes, tagKeys, retracts }) => [bytes, tagKeys, retracts])
  const data = new Uint8Array(sections.reduce((sum, section) => sum + section.length, 0))
  const shape = new Uint32Array(rows.length * 4)
  const expires = BigInt64Array.from(rows, (row) => row.expires)
  let offset = 0
  for (const section of sections) {
    data.set(section, offset)
    offset += section.length
  }
  for (const [index, { bytes, tagKeys, retracts, isReplaceable }] of rows.entries())
    shape.set([bytes.length, tagKeys.length, retracts.length, isReplaceable ? 1 : 0], index * 4)
  return { data, shape, expires }
}

export function unpackRows({ data, shape, expires }: PackedRows): Row[] {
  let offset = 0
  const take = (length: number): Uint8Array => {
    offset += length
    return data.subarray(offset - length, offset)
  }
  return Array.from(expires, (over, index) => {
    const [length = 0, keysLength = 0, retractsLength = 0, replaceable] = shape.subarray(index * 4, index * 4 + 4)
    const [bytes, tagKeys, retracts] = [take(length), take(keysLength), take(retractsLength)]
    return { bytes, tagKeys, retracts, isReplaceable: replaceable === 1, expires: over }
  })
}
