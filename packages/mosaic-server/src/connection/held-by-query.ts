import type { Filter, Get, Query, Subscribe, SyncInit } from "@tessera/mosaic"

/** What each key, tag, kind or reference takes in memory beside its own bytes once it is read and found by, as measured: 150 bytes, and 90 more once it was compared with a record. */
const BYTES_EACH = 240

/** About what an open query makes the server hold, in bytes. A filter full of small tags takes twenty times its length. */
export function heldByQuery(request: Get | Query | Subscribe | SyncInit, length: number): number {
  return length + BYTES_EACH * (request.type === "get" ? request.references.length : countOf(request.filter))
}

function countOf({ authors, signers, kinds, timestamps, exclude, includedTags = [], excludedTags = [] }: Filter): number {
  const lists: readonly (readonly unknown[] | undefined)[] = [
    authors,
    signers,
    kinds,
    timestamps,
    exclude,
    ...includedTags,
    ...excludedTags,
  ]
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), 0)
}
