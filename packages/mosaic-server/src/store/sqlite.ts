import {
  type Filter,
  type Reference,
  type Timestamp,
  type VerifiedRecord,
  concatBytes,
  expiryOf,
  kindHandling,
  retractionTargets,
} from "@tessera/mosaic"
import { checkBatch, checkLimit } from "./bounds.ts"
import { type ChangeSource, followChanges } from "./change-feed.ts"
import {
  type PutOutcome,
  type QueryOptions,
  type QueryPage,
  type RecordStore,
  type Sequence,
  StorageError,
  type StoredRecord,
} from "./port.ts"
import { openReader } from "./sqlite/database.ts"
import { readPage } from "./sqlite/query.ts"
import { Reader, distinctReferences } from "./sqlite/reader.ts"
import { NEVER, type Row, packRows } from "./sqlite/request.ts"
import { WriterLink } from "./sqlite/writer-link.ts"
import { Sweeper } from "./sweeper.ts"
import { tagKeys } from "./tag-key.ts"
import { TrustedClock } from "./trusted-clock.ts"
import { Wake } from "./wake.ts"

/** Where a SQLite store lies, and how it is opened. */
export interface SqliteStoreOptions {
  /** The file; beside it stand `-wal` and `-shm` while it is open. Its folder must exist. */
  readonly path: string
  /** 32 bytes. With it everything in the file is encrypted; without it nothing is. */
  readonly key?: Uint8Array
  /** The server's clock; it may stand still or jump. */
  readonly now: () => Timestamp
  /** Milliseconds that have really passed, from any start; the machine's own count when not given. For tests of a clock that jumps. */
  readonly elapsed?: () => number
  /** Where the program of the writer's thread is, when it has been bundled to another place. */
  readonly writerUrl?: URL
  /** The most pages of 4 KiB that the file may have: for tests of a full disk. */
  readonly maxPages?: number
}

/**
 * Opens a store in one SQLite file, and makes it when there is none. One process at a time may have it open. Writes go through one thread, which
 * makes durable together what was put at the same time; reads happen at once, on the caller's thread.
 *
 * @throws {StorageError} `newerVersion`, `wrongKey`, `corrupt`, `readOnly`, `full` or `failed`; an existing file is left as it is.
 * @throws {RangeError} for a key of another length.
 */
export async function openSqliteStore({
  path,
  key,
  now,
  elapsed = machineTime,
  writerUrl,
  maxPages,
}: SqliteStoreOptions): Promise<RecordStore> {
  if (key !== undefined && key.length !== 32) throw new RangeError(`key: ${key.length} bytes, 32 expected`)
  const file = { path, ...(key !== undefined && { key }) }
  const store = new SqliteStore()
  const url = writerUrl ?? new URL(`./sqlite/writer.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url)
  const link = await WriterLink.open({ ...file, ...(maxPages !== undefined && { maxPages }) }, url, store)
  try {
    const clock = new TrustedClock(now, elapsed, link.expiry.trusted)
    store.start(link, new Reader(openReader(file), () => clock.read().over), clock)
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
  return store
}

interface Parts {
  readonly link: WriterLink
  readonly reader: Reader
  readonly clock: TrustedClock
  readonly sweeper: Sweeper
}

class SqliteStore implements RecordStore, ChangeSource {
  readonly wake = new Wake()
  #parts: Parts | undefined
  #dropped = 0
  #closed: Promise<void> | undefined

  start(link: WriterLink, reader: Reader, clock: TrustedClock): void {
    const sweeper = new Sweeper(clock, async (trusted) => {
      const done = await link.ask(0, () => ({ ask: "sweep", trusted }))
      return done.answer === "swept" ? done.next : undefined
    })
    this.#parts = { link, reader, clock, sweeper }
    if (link.expiry.next !== undefined) sweeper.expect(link.expiry.next)
  }

  get dropped(): number {
    return this.#dropped
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  async put(batch: readonly VerifiedRecord[]): Promise<readonly PutOutcome[]> {
    const { link, clock, sweeper } = this.#open()
    checkBatch(batch)
    if (batch.length === 0) return []
    const bytes = batch.reduce((sum, record) => sum + record.bytes.length, 0)
    let next = NEVER
    const done = await link.ask(bytes, () => {
      const rows = batch.map(rowOf)
      for (const { expires } of rows) if (expires !== NEVER && (next === NEVER || expires < next)) next = expires
      return { ask: "put", moment: clock.read(), rows: packRows(rows) }
    })
    if (done.answer !== "put") throw new TypeError("the writer answered another question")
    if (next !== NEVER) sweeper.expect(next)
    return done.outcomes
  }

  async get(references: readonly Reference[]): Promise<readonly StoredRecord[]> {
    const { reader } = this.#open()
    return reader.snapshot(() => distinctReferences(references).flatMap((reference) => reader.at(reference)))
  }

  async query(filter: Filter, options: QueryOptions): Promise<QueryPage> {
    checkLimit(options.limit)
    return await readPage(this.#open().reader, filter, options)
  }

  changes(after: Sequence, { signal }: { readonly signal: AbortSignal }): AsyncIterable<StoredRecord> {
    this.#open()
    return followChanges(this, after, signal)
  }

  pageAfter(after: Sequence): readonly StoredRecord[] {
    const { reader } = this.#open()
    return reader.snapshot(() => reader.pageAfter(after))
  }

  async lastSequence(): Promise<Sequence> {
    const { reader } = this.#open()
    return reader.snapshot(() => reader.lastSequence())
  }

  async remove(ids: readonly Uint8Array[], { forget = false }: { readonly forget?: boolean } = {}): Promise<number> {
    const { link, clock } = this.#open()
    if (ids.length === 0) return 0
    // Copies: a view would take all of the memory that it looks into along to the other thread.
    const done = await link.ask(ids.length * 48, () => ({
      ask: "remove",
      ids: ids.map((id) => Uint8Array.from(id)),
      forget,
      over: clock.read().over,
    }))
    if (done.answer !== "removed") throw new TypeError("the writer answered another question")
    return done.count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  onCommit(dropped: number): void {
    this.#dropped += dropped
    this.wake.notify()
  }

  onDeath(): void {
    this.wake.notify()
  }

  async #close(): Promise<void> {
    this.wake.notify()
    await this.#parts?.sweeper[Symbol.asyncDispose]()
    // First the reader, so that the writer, ending last, can take the log into the file and leave one file behind.
    this.#parts?.reader.close()
    await this.#parts?.link[Symbol.asyncDispose]()
  }

  #open(): Parts {
    if (this.#parts === undefined || this.#closed !== undefined) throw new StorageError("failed", "The record store is closed.")
    if (this.#parts.link.failure !== undefined) throw this.#parts.link.failure
    return this.#parts
  }
}

function rowOf(record: VerifiedRecord): Row {
  return {
    bytes: record.bytes,
    tagKeys: tagKeys(record.tags),
    isReplaceable: kindHandling(record.kind) === "replaceable",
    expires: expiryOf(record.tags) ?? NEVER,
    retracts: concatBytes(...retractionTargets(record)),
  }
}

const machineTime = (): number => performance.now()
