import { type Filter, type Reference, type Timestamp, type VerifiedRecord, ZERO_TIMESTAMP, expiryOf, restoreRecord } from "@tessera/mosaic"
import { type PutOutcome, type QueryOptions, type RecordStore, type Sequence, StorageError, openMemoryStore } from "@tessera/mosaic-server"
import type { SimulatedDisk } from "./disk.ts"
import { DiskFullError } from "./errors.ts"
import { type LogEntry, encodeLogEntry, readLog } from "./record-log.ts"

export interface SimulatedStoreOptions {
  readonly disk: SimulatedDisk
  /** The name of the log on the disk. */
  readonly file: string
  readonly now: () => Timestamp
  /** Milliseconds that have really passed; none when not given: then what has expired is hidden, and dropped when the store is opened again. */
  readonly elapsed?: () => number
}

/**
 * A record store for simulations: the memory store, fed from a log on a simulated disk. What was acknowledged is in the log and durable; what was
 * not is there whole or not at all.
 */
export async function openSimulatedStore(options: SimulatedStoreOptions): Promise<RecordStore> {
  const { disk, file } = options
  const log = (await disk.read(file)) ?? new Uint8Array(0)
  const { entries, end } = readLog(log)
  if (end < log.length) {
    await disk.truncate(file, end)
    await disk.sync(file)
  }
  // The store asks for the time of each record: it stands still for a batch, so that a replay gives the same times.
  const [first] = entries.flatMap((entry) => (entry.type === "put" ? [entry.now] : []))
  let standing: Timestamp | undefined = first ?? options.now()
  const memory = openMemoryStore({ now: () => standing ?? options.now(), elapsed: options.elapsed ?? (() => 0) })
  const apply = async (entry: LogEntry, isReplay = false): Promise<readonly PutOutcome[] | number> => {
    if (entry.type !== "put") return await memory.remove(entry.ids, { forget: entry.type === "forget" })
    standing = entry.now
    const outcomes = memory.put(entry.records.map((bytes) => restoreRecord(bytes)))
    // A batch without records says how late it was: the store looks at its clock.
    if (entry.records.length === 0) await memory.get([])
    if (!isReplay) standing = undefined
    return await outcomes
  }
  for (const entry of entries) await apply(entry, true)
  standing = undefined
  const store = new SimulatedStore(options, memory, apply, end)
  if (entries.some(holdsExpiring)) await store.tellTime()
  return store
}

const holdsExpiring = (entry: LogEntry): boolean =>
  entry.type === "put" && entry.records.some((bytes) => expiryOf(restoreRecord(bytes).tags) !== undefined)

class SimulatedStore implements RecordStore {
  readonly #options: SimulatedStoreOptions
  readonly #memory: RecordStore
  readonly #apply: (entry: LogEntry) => Promise<readonly PutOutcome[] | number>
  #end: number
  #named: boolean
  #closed = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    options: SimulatedStoreOptions,
    memory: RecordStore,
    apply: (entry: LogEntry) => Promise<readonly PutOutcome[] | number>,
    end: number,
  ) {
    this.#options = options
    this.#memory = memory
    this.#apply = apply
    this.#end = end
    this.#named = end > 0
  }

  async put(batch: readonly VerifiedRecord[]): Promise<readonly PutOutcome[]> {
    const records = batch.map((record) => record.bytes.slice())
    const change = this.#change(async () => {
      // A batch that no store takes must not get into the log: one that is thrown away says so.
      await openMemoryStore({ now: () => ZERO_TIMESTAMP }).put(batch)
      return { type: "put", now: this.#options.now(), records }
    })
    return (await change) as readonly PutOutcome[]
  }

  /** Notes the time, so that what is over stays over when the clock goes back. */
  async tellTime(): Promise<void> {
    await this.#change(() => Promise.resolve({ type: "put", now: this.#options.now(), records: [] }))
  }

  async remove(ids: readonly Uint8Array[], { forget = false }: { readonly forget?: boolean } = {}): Promise<number> {
    return (await this.#change(() => Promise.resolve({ type: forget ? "forget" : "remove", ids }))) as number
  }

  get(references: readonly Reference[]): ReturnType<RecordStore["get"]> {
    return this.#memory.get(references)
  }

  query(filter: Filter, options: QueryOptions): ReturnType<RecordStore["query"]> {
    return this.#memory.query(filter, options)
  }

  changes(after: Sequence, options: { readonly signal: AbortSignal }): ReturnType<RecordStore["changes"]> {
    return this.#memory.changes(after, options)
  }

  lastSequence(): Promise<Sequence> {
    return this.#memory.lastSequence()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#last
    await this.#memory[Symbol.asyncDispose]()
  }

  /** Changes are made one after the other, each durable before it is seen. */
  #change(make: () => Promise<LogEntry>): Promise<readonly PutOutcome[] | number> {
    if (this.#closed) return Promise.reject(new StorageError("failed", "The record store is closed."))
    const change = this.#last.then(async () => this.#write(await make()))
    this.#last = change.catch(() => undefined)
    return change
  }

  async #write(entry: LogEntry): Promise<readonly PutOutcome[] | number> {
    const { disk, file } = this.#options
    const bytes = encodeLogEntry(entry)
    try {
      await disk.append(file, bytes)
      await disk.sync(file)
      if (!this.#named) await disk.syncDirectory()
    } catch (cause) {
      if (!(cause instanceof DiskFullError)) throw cause
      await disk.truncate(file, this.#end)
      throw new StorageError("full", "The disk is full, so nothing could be saved.", { cause })
    }
    this.#named = true
    this.#end += bytes.length
    return this.#apply(entry)
  }
}
