import { type Filter, type ItemSet, type Timestamp, type VerifiedRecord, DecodeError, decodeTimestamp, idText } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { textsOf } from "./reconcile.ts"

/** Timestamps that a filter can hold, and ids that it can leave out. */
const TIMESTAMPS = 254
const EXCLUDED = 63

/** Records that were not asked for and may come with those of one query: others of the same nanosecond. A server that sends more is not listened to further. */
const SURPLUS = 512

/** What to fetch. */
export interface DownloadOptions {
  readonly filter: Filter
  /** What is here already: left out where it has the time of what is needed. */
  readonly items: ItemSet
  /** The first 32 bytes of ids, newest first. */
  readonly need: readonly Uint8Array[]
  readonly signal: AbortSignal
}

/**
 * Fetches records by the first 32 bytes of their ids, newest first, each once: queries by their exact timestamps, as a Get takes whole ids only.
 * What the server does not give, in spite of having named it, is left out.
 *
 * @throws what requests throw; {QueryRefusedError}.
 */
export async function* download(
  connection: Pick<MosaicConnection, "query">,
  { filter, items, need, signal }: DownloadOptions,
): AsyncGenerator<VerifiedRecord, void, void> {
  const missing = textsOf(need)
  for (const timestamps of batchesOf(need)) {
    const exclude = [...(filter.exclude ?? []), ...itemsAt(items, timestamps)].slice(0, EXCLUDED)
    const query = { ...filter, timestamps, ...(exclude.length > 0 && { exclude }) }
    let surplus = 0
    for await (const record of connection.query(query, { signal })) {
      if (missing.delete(idText(record.id))) yield record
      else surplus += 1
      if (surplus > SURPLUS) break
    }
  }
}

/** The distinct timestamps of ids, in the order of the ids, as many at a time as a filter can hold. Ids that no record can have are left out. */
function* batchesOf(need: readonly Uint8Array[]): Generator<Timestamp[], void, void> {
  let batch: Timestamp[] = []
  for (const id of need) {
    const timestamp = timestampOf(id)
    if (timestamp === undefined || timestamp === batch.at(-1)) continue
    if (batch.length === TIMESTAMPS) {
      yield batch
      batch = []
    }
    batch.push(timestamp)
  }
  if (batch.length > 0) yield batch
}

/** The ids of items of these timestamps, a few of each at most. */
function* itemsAt(items: ItemSet, timestamps: readonly Timestamp[]): Generator<Uint8Array, void, void> {
  let count = 0
  for (const timestamp of timestamps) {
    const start = items.find({ timestamp, idPrefix: new Uint8Array(0) })
    const end = items.find({ timestamp: timestamp + 1n, idPrefix: new Uint8Array(0) }, start)
    for (let index = start; index < end && count < EXCLUDED; index += 1) {
      count += 1
      yield items.id(index).slice()
    }
  }
}

function timestampOf(id: Uint8Array): Timestamp | undefined {
  try {
    return decodeTimestamp(id, 0)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
