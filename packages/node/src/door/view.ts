import { compareBytes, equalBytes, isAddress, kindReaders, matchesFilter, notifyTag, REPLY_COMMENT, toHex } from "@tessera/mosaic"
import type { Filter, Kind, PublicKey, Reference, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import type { PutOutcome, QueryCursor, QueryOptions, QueryPage, RecordStore, StoredRecord } from "@tessera/mosaic-server"
import { Lobby } from "./lobby.ts"
import { doorConcern, IDENTITY_KINDS, PUBLIC_KINDS } from "./visible.ts"

/** Authors that one question may name; the protocol allows no more. */
const MOST_AUTHORS = 63
const MOST_REMEMBERED = 10_000
/** Key schedules and profiles that are kept of one visitor, each at an address of its own: one of each is what a person has. */
export const MOST_IDENTITIES = 8

/**
 * The owner's records as visitors may see them: the owner's public ones, answers that notify the owner, and who the answerers are. Everything else is
 * as if it were not there, for questions, for submissions (no answer tells that a record is known) and for what is new.
 *
 * Disposing the view leaves the store open.
 */
export function createDoorView(options: {
  readonly records: RecordStore
  readonly owner: PublicKey
  readonly now: () => Timestamp
}): RecordStore {
  return new DoorView(options.records, options.owner, options.now)
}

class DoorView implements RecordStore {
  readonly #records: RecordStore
  readonly #owner: PublicKey
  readonly #now: () => Timestamp
  readonly #lobby: Lobby
  readonly #answerers = new Set<string>()
  #counted: Promise<unknown> = Promise.resolve()

  constructor(records: RecordStore, owner: PublicKey, now: () => Timestamp) {
    this.#records = records
    this.#owner = owner
    this.#now = now
    this.#lobby = new Lobby(now)
  }

  async put(batch: readonly VerifiedRecord[]): Promise<readonly PutOutcome[]> {
    const outcomes: PutOutcome[] = []
    const inside: { readonly record: VerifiedRecord; readonly index: number | undefined }[] = []
    const admitted = new Map<string, PublicKey>()
    for (const [index, record] of batch.entries()) {
      const concern = doorConcern(record, this.#owner)
      if (concern === "hidden") throw new RangeError("batch: a record that is no concern of the door")
      if (concern === "identity" && !admitted.has(toHex(record.author)) && !(await this.#isAnswerer(record.author))) {
        // The sequence stands before all others: nothing waits for it, and it is never new.
        const outcome = this.#lobby.put(record)
        outcomes[index] = outcome === "stored" ? { outcome, received: this.#now(), sequence: 0 } : { outcome }
        continue
      }
      if (concern === "identity" && !admitted.has(toHex(record.author))) {
        outcomes[index] = await this.#putIdentity(record)
        continue
      }
      if (concern === "answer" && !admitted.has(toHex(record.author))) {
        admitted.set(toHex(record.author), record.author)
        for (const waiting of this.#lobby.of(record.author)) inside.push({ record: waiting, index: undefined })
      }
      inside.push({ record, index })
    }
    if (inside.length === 0) return outcomes
    const stored = await this.#records.put(inside.map(({ record }) => record))
    for (const [i, { index }] of inside.entries()) {
      const outcome = stored[i]
      if (index !== undefined && outcome !== undefined) outcomes[index] = outcome
    }
    for (const author of admitted.values()) this.#lobby.dismiss(author)
    return outcomes
  }

  /** One after the other, so that each is counted before the next. What would be one too many is dropped, as if a newer one were there. */
  #putIdentity(record: VerifiedRecord): Promise<PutOutcome> {
    const put = this.#counted.then(async (): Promise<PutOutcome> => {
      const { records } = await this.#records.query({ authors: [record.author], kinds: IDENTITY_KINDS }, { limit: MOST_IDENTITIES })
      const isKnown = records.some(({ record: { address } }) => equalBytes(address, record.address))
      const [outcome] = isKnown || records.length < MOST_IDENTITIES ? await this.#records.put([record]) : []
      return outcome ?? { outcome: "superseded" }
    })
    this.#counted = put.catch(() => undefined)
    return put
  }

  async get(references: readonly Reference[]): Promise<readonly StoredRecord[]> {
    const found: StoredRecord[] = []
    for (const stored of await this.#records.get(references)) {
      if (await this.#isVisible(stored.record)) found.push(stored)
    }
    for (const reference of references) {
      if (!isAddress(reference)) continue
      const waiting = this.#lobby.of(reference.subarray(16) as PublicKey).filter((record) => equalBytes(record.address, reference))
      found.push(...waiting.map((record) => this.#asStored(record)))
    }
    return found
  }

  async query(filter: Filter, options: QueryOptions): Promise<QueryPage> {
    const { limit, cursor } = options
    const branches = await this.#branches(filter)
    const pages = await Promise.all(branches.map((branch) => this.#records.query(branch, options)))
    const found = new Map<string, StoredRecord>()
    for (const stored of [...pages.flatMap(({ records }) => records), ...(await this.#waiting(filter, cursor))])
      found.set(toHex(stored.record.id), stored)
    // Where a branch goes on, nothing is known of what is older.
    const [end] = pages.flatMap(({ next }) => (next === undefined ? [] : [next])).sort((a, b) => compareBytes(b.id, a.id))
    const known = [...found.values()].filter(({ record }) => end === undefined || compareBytes(record.id, end.id) >= 0)
    const records = known.sort((a, b) => compareBytes(b.record.id, a.record.id)).slice(0, limit)
    const last = records.at(-1)
    if (known.length > limit && last !== undefined)
      return { records, next: { timestamp: last.record.timestamp, id: last.record.id.slice() } }
    return end === undefined ? { records } : { records, next: end }
  }

  async *changes(after: number, options: { readonly signal: AbortSignal }): AsyncGenerator<StoredRecord, void, void> {
    for await (const stored of this.#records.changes(after, options)) {
      if (await this.#isVisible(stored.record)) yield stored
    }
  }

  lastSequence(): Promise<number> {
    return this.#records.lastSequence()
  }

  /** Visitors remove nothing. */
  async remove(): Promise<number> {
    return 0
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The question, as up to three that ask only for what a visitor may see, so that nothing hidden is even looked at. */
  async #branches(filter: Filter): Promise<readonly Filter[]> {
    const authors = filter.authors?.slice(0, MOST_AUTHORS)
    const branches: Filter[] = []
    const publicKinds = filter.kinds?.filter((kind) => kindReaders(kind) === "everybody") ?? PUBLIC_KINDS
    if ((authors === undefined || authors.some((author) => equalBytes(author, this.#owner))) && publicKinds.length > 0) {
      branches.push({ ...filter, authors: [this.#owner], kinds: publicKinds })
    }
    const others = authors?.filter((author) => !equalBytes(author, this.#owner))
    if (others?.length === 0) return branches
    const asked = (kinds: readonly Kind[]): readonly Kind[] => kinds.filter((kind) => filter.kinds?.includes(kind) ?? true)
    if (asked([REPLY_COMMENT]).length > 0) {
      const includedTags = [...(filter.includedTags ?? []), [notifyTag(this.#owner)]]
      branches.push({ ...filter, ...(others === undefined ? {} : { authors: others }), kinds: [REPLY_COMMENT], includedTags })
    }
    if (asked(IDENTITY_KINDS).length > 0 && others !== undefined) {
      const answerers: Uint8Array[] = []
      for (const author of others) if (await this.#isAnswerer(author)) answerers.push(author)
      if (answerers.length > 0) branches.push({ ...filter, authors: answerers, kinds: asked(IDENTITY_KINDS) })
    }
    return branches
  }

  async #waiting(filter: Filter, cursor: QueryCursor | undefined): Promise<readonly StoredRecord[]> {
    const found: StoredRecord[] = []
    for (const author of filter.authors?.slice(0, MOST_AUTHORS) ?? []) {
      for (const record of this.#lobby.of(author as PublicKey)) {
        const isBehind = cursor === undefined || compareBytes(record.id, cursor.id) < 0
        if (isBehind && matchesFilter(filter, record, this.#now())) found.push(this.#asStored(record))
      }
    }
    return found
  }

  #asStored(record: VerifiedRecord): StoredRecord {
    return { record, received: this.#now(), sequence: 0 }
  }

  async #isVisible(record: VerifiedRecord): Promise<boolean> {
    const concern = doorConcern(record, this.#owner)
    return concern === "identity" ? this.#isAnswerer(record.author) : concern !== "hidden"
  }

  /** Whether the owner holds an answer of theirs. Once it is so it stays so. */
  async #isAnswerer(author: Uint8Array): Promise<boolean> {
    const key = toHex(author)
    if (this.#answerers.has(key)) return true
    const { records } = await this.#records.query(
      { authors: [author], kinds: [REPLY_COMMENT], includedTags: [[notifyTag(this.#owner)]] },
      { limit: 1 },
    )
    if (records.length === 0) return false
    if (this.#answerers.size >= MOST_REMEMBERED) this.#answerers.clear()
    this.#answerers.add(key)
    return true
  }
}
