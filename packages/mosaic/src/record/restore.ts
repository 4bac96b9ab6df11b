import { readLayout } from "./layout.ts"
import { type VerifiedRecord, admitVerified } from "./verified.ts"

/**
 * Takes a record back from where this program itself put it after it was verified: a store of its own. It is not verified again, which costs a
 * thousand times more than reading it. Bytes from anywhere else go through `verifyRecord`.
 *
 * @param bytes as they were; they must not change any more.
 * @throws {DecodeError} when they are no record at all: then the place where they were kept is damaged.
 */
export function restoreRecord(bytes: Uint8Array): VerifiedRecord {
  return admitVerified(bytes, readLayout(bytes))
}
