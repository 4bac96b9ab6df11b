import type { PutOutcome, StorageError } from "../port.ts"
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
}

/** What the writer is asked. `ticket` comes back with the answer. */
export type Request =
  | { readonly ask: "put"; readonly ticket: number; readonly rows: PackedRows; readonly now: bigint }
  | { readonly ask: "remove"; readonly ticket: number; readonly ids: readonly Uint8Array[]; readonly forget: boolean }
  | { readonly ask: "close" }

/** What the writer answers: first once whether it is open, then per ticket. `dropped` counts records whose content is gone now. */
export type Answer =
  | { readonly answer: "open" }
  | { readonly answer: "notOpen"; readonly fault: Fault }
  | { readonly answer: "put"; readonly ticket: number; readonly outcomes: readonly PutOutcome[]; readonly dropped: number }
  | { readonly answer: "removed"; readonly ticket: number; readonly dropped: number }
  | { readonly answer: "refused"; readonly ticket: number; readonly fault: Fault }

/** A {@link StorageError} on its way between threads. */
export interface Fault {
  readonly reason: StorageError["reason"]
  readonly message: string
}

/** Rows in one piece of memory, which moves to the other thread instead of being copied. */
export interface PackedRows {
  readonly data: Uint8Array<ArrayBuffer>
  /** Three numbers a row: length of the bytes, length of the tag keys, 1 when replaceable. */
  readonly shape: Uint32Array<ArrayBuffer>
}

export function packRows(rows: readonly Row[]): PackedRows {
  const data = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes.length + row.tagKeys.length, 0))
  const shape = new Uint32Array(rows.length * 3)
  let offset = 0
  for (const [index, row] of rows.entries()) {
    data.set(row.bytes, offset)
    data.set(row.tagKeys, offset + row.bytes.length)
    shape.set([row.bytes.length, row.tagKeys.length, row.isReplaceable ? 1 : 0], index * 3)
    offset += row.bytes.length + row.tagKeys.length
  }
  return { data, shape }
}

export function unpackRows({ data, shape }: PackedRows): Row[] {
  const rows: Row[] = []
  let offset = 0
  for (let index = 0; index < shape.length; index += 3) {
    const [length = 0, keysLength = 0, replaceable] = shape.subarray(index, index + 3)
    const bytesEnd = offset + length
    rows.push({
      bytes: data.subarray(offset, bytesEnd),
      tagKeys: data.subarray(bytesEnd, bytesEnd + keysLength),
      isReplaceable: replaceable === 1,
    })
    offset = bytesEnd + keysLength
  }
  return rows
}
