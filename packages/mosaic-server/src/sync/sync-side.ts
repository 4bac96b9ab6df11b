import { type Filter, type PublicKey, type VerifiedRecord, KEY_SCHEDULE, decodeTimestamp, idText } from "@tessera/mosaic"
import type { QueryCursor, RecordStore } from "../store/port.ts"

const PAGE = 500
/** Timestamps that are looked up at once. */
const TIMESTAMPS = 128

/** A record store as this side of a sync: `LocalRecords` of `@tessera/mosaic-client`. */
export interface SyncSide {
  /** The ids of all records that match, newest first. */
  ids(filter: Filter, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** By the first 32 bytes of their ids, in the order asked; those that are gone are left out. */
  records(idPrefixes: readonly Uint8Array[], signal: AbortSignal): AsyncIterable<VerifiedRecord>
  /** Keeps records that have come, durably when it resolves. */
  put(records: readonly VerifiedRecord[]): Promise<unknown>
  /** The author's newest key schedule, if it is here. */
  scheduleOf(author: PublicKey): Promise<readonly VerifiedRecord[]>
}

/**
 * Makes a store one side of a sync, so that two servers (or a node and a server) can be kept in step.
 *
 * @param take what becomes of records that come; the store takes all of them when not given. A server that judges for itself gives its `submit` here.
 */
export function syncSide(store: RecordStore, take: SyncSide["put"] = (records) => store.put(records)): SyncSide {
  return {
    async *ids(filter, signal) {
      for await (const { id } of recordsOf(store, filter, signal)) yield id
    },
    async *records(idPrefixes, signal) {
      for (let at = 0; at < idPrefixes.length; at += TIMESTAMPS) yield* find(store, idPrefixes.slice(at, at + TIMESTAMPS), signal)
    },
    put: take,
    scheduleOf: async (author) => {
      const { records } = await store.query({ authors: [author], kinds: [KEY_SCHEDULE] }, { limit: 1 })
      return records.map(({ record }) => record)
    },
  }
}

/** Records by the first 32 bytes of their ids, in the order asked. */
async function* find(
  store: RecordStore,
  idPrefixes: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<VerifiedRecord, void, void> {
  const wanted = new Set(idPrefixes.map((id) => idText(id)))
  const found = new Map<string, VerifiedRecord>()
  for await (const record of recordsOf(store, { timestamps: idPrefixes.map((id) => decodeTimestamp(id)) }, signal)) {
    const id = idText(record.id)
    if (wanted.has(id)) found.set(id, record)
    if (found.size === wanted.size) break
  }
  for (const id of wanted) {
    const record = found.get(id)
    if (record !== undefined) yield record
  }
}

async function* recordsOf(store: RecordStore, filter: Filter, signal: AbortSignal): AsyncGenerator<VerifiedRecord, void, void> {
  let cursor: QueryCursor | undefined
  do {
    signal.throwIfAborted()
    const page = await store.query(filter, { limit: PAGE, ...(cursor !== undefined && { cursor }) })
    for (const { record } of page.records) yield record
    cursor = page.next
  } while (cursor !== undefined)
}
