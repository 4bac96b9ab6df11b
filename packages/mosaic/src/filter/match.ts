import { equalBytes } from "../bytes.ts"
import type { VerifiedRecord } from "../record/verified.ts"
import { shareTag } from "../tags/tag-set.ts"
import type { Timestamp } from "../timestamp.ts"
import type { Filter } from "./filter.ts"

const holdsKey = (keys: readonly Uint8Array[], key: Uint8Array): boolean => keys.some((candidate) => equalBytes(candidate, key))

/**
 * Whether a record passes every element of a filter. Tags match when type and whole value are equal.
 *
 * @param received when the server received the record; only `receivedSince` and `receivedUntil` look at it.
 */
export function matchesFilter(filter: Filter, record: VerifiedRecord, received: Timestamp): boolean {
  // The cheap comparisons stand first: a server runs this for every subscription and every new record.
  const { timestamp } = record
  if (filter.since !== undefined && timestamp < filter.since) return false
  if (filter.until !== undefined && timestamp > filter.until) return false
  if (filter.receivedSince !== undefined && received < filter.receivedSince) return false
  if (filter.receivedUntil !== undefined && received > filter.receivedUntil) return false
  if (filter.kinds !== undefined && !filter.kinds.includes(record.kind)) return false
  if (filter.timestamps !== undefined && !filter.timestamps.includes(timestamp)) return false
  if (filter.authors !== undefined && !holdsKey(filter.authors, record.author)) return false
  if (filter.signers !== undefined && !holdsKey(filter.signers, record.signer)) return false
  if (filter.exclude !== undefined && holdsKey(filter.exclude, record.id.subarray(0, 32))) return false
  if (filter.includedTags?.some((anyOf) => !shareTag(anyOf, record.tags)) === true) return false
  return filter.excludedTags?.some((noneOf) => shareTag(noneOf, record.tags)) !== true
}
