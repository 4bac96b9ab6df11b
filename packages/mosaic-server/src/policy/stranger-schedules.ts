import { KEY_SCHEDULE, type PublicKey, RESULT, type Timestamp, type VerifiedRecord, toHex } from "@tessera/mosaic"
import type { QueryCursor, RecordStore, StoredRecord } from "../store/port.ts"
import { ALLOWED, type Verdict, refuse } from "./policy.ts"

/** How long a stranger's key schedule is kept when nothing uses it: 24 hours, in nanoseconds. */
const TRIAL = 86_400_000_000_000n
/** The one that counts, and the one that it takes the place of until the next tidying. */
const ADDRESSES_EACH = 2
const PAGE = 200

export interface StrangerSchedulesOptions {
  readonly isMember: (author: Uint8Array) => boolean
  /** Strangers whose schedules are kept at the same time, used or not. */
  readonly most: number
  /** Whether something beside the store still needs an author's schedule. */
  readonly isNeeded: (author: PublicKey) => boolean | Promise<boolean>
}

/**
 * Strangers can write to an inbox only when their key schedule is there, so anybody's is taken: one for each author, of a bounded number of
 * authors, and dropped again after a day when nothing uses it.
 */
export class StrangerSchedules {
  readonly #options: StrangerSchedulesOptions
  /** Authors, and the addresses of their schedules. */
  #known = new Map<string, Set<string>>()

  constructor(options: StrangerSchedulesOptions) {
    this.#options = options
  }

  /** Whether there is room for a stranger's schedule. */
  admit(record: VerifiedRecord): Verdict {
    const author = toHex(record.author)
    const addresses = this.#known.get(author) ?? new Set()
    const isMore = !addresses.has(toHex(record.address))
    if (addresses.size === 0 && this.#known.size >= this.#options.most)
      return refuse(RESULT.TEMPORARY_ERROR, "too many strangers at present")
    if (isMore && addresses.size >= ADDRESSES_EACH) return refuse(RESULT.UNAUTHORIZED, "a stranger has one key schedule here")
    this.#known.set(author, addresses.add(toHex(record.address)))
    return ALLOWED
  }

  /** Drops what is too old and unused, or not the author's newest. Learns what the store holds, so it is to be called at the start too. */
  async tidy(store: RecordStore, now: Timestamp, signal: AbortSignal): Promise<void> {
    const newest = new Map<string, StoredRecord>()
    const older: Uint8Array[] = []
    for await (const stored of schedules(store)) {
      const { record } = stored
      if (signal.aborted) return
      if (this.#options.isMember(record.author)) continue
      const author = toHex(record.author)
      if (newest.has(author)) older.push(record.id)
      else newest.set(author, stored)
    }
    const unused: Uint8Array[] = []
    for (const [author, stored] of newest) {
      if (signal.aborted) return
      const { author: key } = stored.record
      if (now - stored.received < TRIAL || (await this.#options.isNeeded(key)) || (await isUsed(store, key))) continue
      unused.push(stored.record.id)
      newest.delete(author)
    }
    if (older.length > 0) await store.remove(older)
    if (unused.length > 0) await store.remove(unused, { forget: true })
    this.#known = new Map([...newest].map(([author, { record }]) => [author, new Set([toHex(record.address)])]))
  }
}

/** All key schedules, newest first. */
async function* schedules(store: RecordStore): AsyncGenerator<StoredRecord, void, void> {
  let cursor: QueryCursor | undefined
  do {
    const page = await store.query({ kinds: [KEY_SCHEDULE] }, cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor })
    yield* page.records
    cursor = page.next
  } while (cursor !== undefined)
}

/** Whether the store holds anything of an author but key schedules, of which there are at most a few. */
async function isUsed(store: RecordStore, author: PublicKey): Promise<boolean> {
  const page = await store.query({ authors: [author] }, { limit: ADDRESSES_EACH + 1 })
  return page.next !== undefined || page.records.some(({ record }) => record.kind !== KEY_SCHEDULE)
}
