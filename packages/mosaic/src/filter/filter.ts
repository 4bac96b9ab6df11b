import type { Kind } from "../kind.ts"
import type { Tag } from "../tags/tag.ts"
import type { Timestamp } from "../timestamp.ts"

/**
 * Which records a query asks for: a record must pass every field that is present (specification, "Filter").
 *
 * A list that is present and empty matches nothing (`exclude` and `excludedTags`: restricts nothing), and is written as an empty element: a reader who
 * follows nobody must not be sent everything.
 */
export interface Filter {
  /** Author keys, 32 bytes each, at most 63; any of them. They are not checked to be points of the curve. */
  readonly authors?: readonly Uint8Array[]
  /** Signing keys, 32 bytes each, at most 63; any of them. */
  readonly signers?: readonly Uint8Array[]
  /** At most 254; any of them. */
  readonly kinds?: readonly Kind[]
  /** Exact timestamps, at most 254; any of them. */
  readonly timestamps?: readonly Timestamp[]
  /** Each inner list is one element of at most 2,032 bytes of tags: the record must carry one of the tags of every inner list. */
  readonly includedTags?: readonly (readonly Tag[])[]
  /** Not before this time, inclusive. */
  readonly since?: Timestamp
  /** Not after this time, inclusive. */
  readonly until?: Timestamp
  /** Received by the server not before this time, inclusive. */
  readonly receivedSince?: Timestamp
  /** Received by the server not after this time, inclusive. */
  readonly receivedUntil?: Timestamp
  /** Id prefixes, 32 bytes each, at most 63: none of these records. */
  readonly exclude?: readonly Uint8Array[]
  /** Each inner list is one element: the record must carry none of the tags of any inner list. */
  readonly excludedTags?: readonly (readonly Tag[])[]
}

/**
 * Whether the filter has an element that selects few records among many (types below 0x80). Servers refuse a filter without one as `TOO_OPEN`.
 */
export function isNarrow(filter: Filter): boolean {
  return (
    filter.authors !== undefined ||
    filter.signers !== undefined ||
    filter.kinds !== undefined ||
    filter.timestamps !== undefined ||
    (filter.includedTags?.length ?? 0) > 0
  )
}
