import { compareBytes, encodeTimestamp } from "@tessera/mosaic"
import type { QueryCursor, StoredRecord } from "./port.ts"

/**
 * Orders records newest first: the greater timestamp, then the greater id. An id starts with its timestamp, big-endian, so ids alone decide.
 */
export function compareNewestFirst(a: StoredRecord, b: StoredRecord): number {
  return compareBytes(b.record.id, a.record.id)
}

/** Where a page ends that closes with this record. */
export function cursorAfter({ record }: StoredRecord): QueryCursor {
  return { timestamp: record.timestamp, id: record.id.slice() }
}

/** The id of the last record that a cursor has behind it. @throws {RangeError} for a cursor that no page gave. */
export function cursorId({ timestamp, id }: QueryCursor): Uint8Array {
  if (id.length !== 48 || compareBytes(id.subarray(0, 8), encodeTimestamp(timestamp)) !== 0) {
    throw new RangeError("cursor: not one that a page of this query gave")
  }
  return id
}
