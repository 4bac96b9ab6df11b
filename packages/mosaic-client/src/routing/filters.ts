import type { Filter, PublicKey } from "@tessera/mosaic"

/** A filter element has at most 2,040 bytes, of which 8 are its header: 63 keys of 32 bytes, 254 kinds of 8. (Specification: filter) */
export const KEYS_PER_FILTER = 63
const KINDS_PER_FILTER = 254

/** What to ask for besides people: kinds (any of them; all when not given) and times. */
export type Narrowing = Pick<Filter, "kinds" | "since" | "until" | "receivedSince" | "receivedUntil">

/**
 * Filters that together match what these authors wrote. Only the first element of a type counts, so that a longer list needs several filters; no record
 * matches two of them.
 */
export function authorFilters(authors: readonly PublicKey[], narrowing: Narrowing): Filter[] {
  return chunks(authors, KEYS_PER_FILTER).flatMap((some) => withKinds({ ...narrowing, authors: some }))
}

/** A filter, several when it names more kinds than an element holds. */
export function withKinds(filter: Filter): Filter[] {
  if (filter.kinds === undefined || filter.kinds.length <= KINDS_PER_FILTER) return [filter]
  return chunks([...new Set(filter.kinds)], KINDS_PER_FILTER).map((kinds) => ({ ...filter, kinds }))
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
}
