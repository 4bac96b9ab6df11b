import { type VerifiedRecord, kindHandling } from "@tessera/mosaic"

/** The most records that one page of a query can have. */
export const MAX_PAGE = 1_000

/** A page ends early, at the record with which it reaches so many bytes: whoever reads slowly makes a server hold a page for each of their queries. */
export const MAX_PAGE_BYTES = 1_048_576

/** @throws {RangeError} unless `limit` is a whole number from 1 to 1,000. */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw new RangeError(`limit: ${limit}, 1 to ${MAX_PAGE} expected`)
}

/** @throws {RangeError} for a record of an ephemeral kind, which goes to present subscribers and is never stored. */
export function checkBatch(batch: readonly VerifiedRecord[]): void {
  for (const record of batch) {
    if (kindHandling(record.kind) === "ephemeral") throw new RangeError("batch: a record of an ephemeral kind is not stored")
  }
}
