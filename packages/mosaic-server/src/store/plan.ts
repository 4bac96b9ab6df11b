import { type Filter, type Timestamp, concatBytes, encodeKind, toHex } from "@tessera/mosaic"
import { type Stretch, newestAt, oldestAt, overlap, stretchOf } from "./position.ts"
import { tagKey } from "./tag-key.ts"

/** How many bytes of a key an index holds. Who made two keys that begin alike would slow down only the reading of those two. */
const KEY_LENGTH = 8
/** From so many streams on, the kinds are looked at record by record instead. */
const MAX_STREAMS = 1_024

/** What an index is sorted by, before time. `all` is sorted by time alone. */
export type StreamIndex = "author" | "authorKind" | "kind" | "signer" | "tag" | "all"

/** A run through one index, newest first: the records of one key. */
export interface Stream extends Stretch {
  readonly by: StreamIndex
  readonly key: Uint8Array
}

/** A run through one index in the order of arrival. */
export interface Arrivals {
  readonly by: "author" | "tag" | "all"
  readonly key: Uint8Array
}

/**
 * The ways to find what a filter asks for. Each alone yields every record that matches, among others that do not: `matchesFilter` decides.
 * Those of `streams` stand in the order in which they promise to be narrow; each is to be merged newest first.
 */
export interface Plan {
  readonly streams: readonly (readonly Stream[])[]
  /** Only of use when the filter says since when the records were received. */
  readonly arrivals: readonly (readonly Arrivals[])[]
}

/** Plans a query. Pure: it knows the filter only, and leaves it to the store to see which way is the shortest. */
export function planQuery(filter: Filter): Plan {
  const { authors, signers, kinds, timestamps, includedTags = [] } = filter
  const stretch = stretchOf(filter)
  const of = (by: StreamIndex, keys: readonly Uint8Array[]): Stream[] => distinct(keys).map((key) => ({ by, key, ...stretch }))
  const authorKeys = authors?.map((author) => author.slice(0, KEY_LENGTH))
  const kindKeys = kinds?.map((kind) => encodeKind(kind))
  const tagSets = includedTags.map((anyOf) => anyOf.map((tag) => tagKey(tag)))

  const streams: Stream[][] = []
  if (timestamps !== undefined) streams.push(timestamps.map((at) => ({ by: "all", key: NO_KEY, ...overlap(stretch, instant(at)) })))
  for (const keys of tagSets) streams.push(of("tag", keys))
  if (authorKeys !== undefined)
    streams.push(kindKeys === undefined ? of("author", authorKeys) : ofAuthorsAndKinds(of, authorKeys, kindKeys))
  if (signers !== undefined)
    streams.push(
      of(
        "signer",
        signers.map((signer) => signer.slice(0, KEY_LENGTH)),
      ),
    )
  if (kindKeys !== undefined && authorKeys === undefined) streams.push(of("kind", kindKeys))
  if (streams.length === 0) streams.push(of("all", [NO_KEY]))

  const arrivals: Arrivals[][] = []
  if (filter.receivedSince !== undefined) {
    if (authorKeys !== undefined) arrivals.push(distinct(authorKeys).map((key) => ({ by: "author", key })))
    for (const keys of tagSets) arrivals.push(distinct(keys).map((key) => ({ by: "tag", key })))
    arrivals.push([{ by: "all", key: NO_KEY }])
  }
  return { streams, arrivals }
}

const NO_KEY = new Uint8Array(0)

const instant = (at: Timestamp): Stretch => ({ newest: newestAt(at), oldest: oldestAt(at) })

function ofAuthorsAndKinds(
  of: (by: StreamIndex, keys: readonly Uint8Array[]) => Stream[],
  authors: readonly Uint8Array[],
  kinds: readonly Uint8Array[],
): Stream[] {
  if (authors.length * kinds.length > MAX_STREAMS) return of("author", authors)
  return of(
    "authorKind",
    kinds.flatMap((kind) => authors.map((author) => concatBytes(kind, author))),
  )
}

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(keys.map((key) => [toHex(key), key])).values()]
}
