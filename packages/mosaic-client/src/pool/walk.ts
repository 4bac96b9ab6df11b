import { type Filter, type RecordId, type Timestamp, type VerifiedRecord, compareBytes, toHex } from "@tessera/mosaic"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"

const PAGE_RECORDS = 200
/** A page is left when it has so many bytes, so that what is read ahead stays small. */
const PAGE_BYTES = 1024 * 1024
const MAX_LIMIT = 0xffff
/** What an Exclude element holds. */
const EXCLUDED = 63

/** What to walk through. */
export interface WalkOptions {
  readonly filter: Filter
  /** The most records to bring; all when not given. */
  readonly limit?: number
  /** Records of one page; 200 when not given. */
  readonly pageRecords?: number
  readonly signal?: AbortSignal
}

/**
 * Walks through what a server has stored, newest first, page by page, each record once. Each page is read to its end before anything of it is handed out, so
 * that a slow consumer holds up nobody else on the connection; at most about a page is held.
 *
 * A page begins at the timestamp where the last one ended, that timestamp included, so that records which share it are not passed over. It works for
 * servers that send fewer than they are asked for as well. Where a server gives at most n records for one query and more than n + 63 share a timestamp, what is
 * older cannot be reached: no filter can ask for it.
 *
 * @throws what the connection's queries throw.
 */
export async function* walk(connection: Pick<MosaicConnection, "query">, options: WalkOptions): AsyncGenerator<VerifiedRecord, void, void> {
  const { filter, signal, limit = Infinity, pageRecords = PAGE_RECORDS } = options
  const edge = new Edge(filter)
  let left = limit
  while (left > 0) {
    const asked = Math.min(MAX_LIMIT, Math.min(left, pageRecords) + edge.known)
    const page = await readPage(connection, edge.filter, asked, signal)
    let isNew = false
    for (const record of page) {
      if (left === 0 || !edge.add(record)) continue
      isNew = true
      left -= 1
      yield record
    }
    if (!isNew) return
  }
}

async function readPage(
  connection: Pick<MosaicConnection, "query">,
  filter: Filter,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<VerifiedRecord[]> {
  const page: VerifiedRecord[] = []
  let bytes = 0
  for await (const record of connection.query(filter, signal === undefined ? { limit } : { limit, signal })) {
    page.push(record)
    bytes += record.bytes.length
    if (bytes >= PAGE_BYTES) break
  }
  // Whoever sends them in disorder must not make others be passed over.
  return page.sort((a, b) => compareBytes(b.id, a.id))
}

/** Where a walk has come to: a timestamp, and the records of that timestamp that were there already. */
class Edge {
  readonly #filter: Filter
  #timestamp: Timestamp | undefined
  #ids = new Map<string, RecordId>()

  constructor(filter: Filter) {
    this.#filter = filter
  }

  /** How many records of this timestamp come again although they are known: those that the filter has no room to exclude. */
  get known(): number {
    return Math.max(0, this.#ids.size - this.#excludable)
  }

  get filter(): Filter {
    if (this.#timestamp === undefined) return this.#filter
    const known = Array.from(this.#ids.values()).slice(0, this.#excludable)
    const exclude = [...(this.#filter.exclude ?? []), ...known.map((id) => id.subarray(0, 32))]
    return { ...this.#filter, until: this.#timestamp, exclude }
  }

  /** Goes on to a record; false when it was there already, or is newer than what comes now. */
  add(record: VerifiedRecord): boolean {
    const { timestamp } = record
    if (this.#timestamp !== undefined && timestamp > this.#timestamp) return false
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp
      this.#ids = new Map()
    }
    const key = toHex(record.id)
    if (this.#ids.has(key)) return false
    this.#ids.set(key, record.id)
    return true
  }

  get #excludable(): number {
    return Math.max(0, EXCLUDED - (this.#filter.exclude?.length ?? 0))
  }
}
