import {
  compareBytes,
  DecodeError,
  equalBytes,
  makeAddress,
  parseTimestamp,
  publicKeyOf,
  timestampFromUnixMillis,
  VerifyError,
} from "@tessera/mosaic"
import type { PublicKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { decode, encode } from "cborg"
import type { QueryCursor, Sequence } from "@tessera/mosaic-server"
import { createTurnstile } from "../turnstile.ts"
import { ItemIndex } from "./item-index.ts"
import type { IndexedItem } from "./item-index.ts"
import { lastWriter } from "./merge.ts"
import { openState, sealState, STATE, stateNonce } from "./record.ts"
import type { SealedItem } from "./record.ts"
import type { StateChange, StateStore, StateStoreOptions } from "./port.ts"
import type { MergeRule, StateType } from "./type.ts"

const PAGE = 1_000
const MOST_CHANGES = 1_000
const MOST_WAITING = 4_096

/** See `openStateStore`. */
export async function openSealedStateStore(options: StateStoreOptions): Promise<StateStore> {
  const store = new SealedStateStore(options)
  await store.rebuild()
  return store
}

class SealedStateStore implements StateStore {
  readonly #options: StateStoreOptions
  readonly #index = new ItemIndex()
  readonly #turnstile = createTurnstile(MOST_WAITING)
  readonly #rules: ReadonlyMap<string, MergeRule>
  readonly #device: PublicKey
  #sequence: Sequence = 0

  constructor(options: StateStoreOptions) {
    this.#options = options
    this.#device = publicKeyOf(options.keys.device)
    this.#rules = new Map((options.types ?? []).map((type) => [type.name, type.merge ?? lastWriter]))
  }

  get<T>(type: StateType<T>, key: string): T | undefined {
    const item = this.#index.get(type.name, key)
    return item === undefined || item.value === null ? undefined : type.read(item.value)
  }

  list<T>(type: StateType<T>): readonly { key: string; value: T; at: Timestamp }[] {
    return this.#index.list(type.name).flatMap(({ key, value, at }) => {
      const read = value === null ? undefined : type.read(value)
      return read === undefined ? [] : [{ key, value: read, at }]
    })
  }

  async set<T>(type: StateType<T>, key: string, value: T): Promise<void> {
    if (value === null || value === undefined) throw new TypeError("value must not be null: that is a deletion")
    await this.change([{ type: type.name, key, value }])
  }

  async remove<T>(type: StateType<T>, key: string): Promise<void> {
    await this.#turnstile.pass(async () => {
      const item = this.#index.get(type.name, key)
      if (item !== undefined && item.value !== null) await this.#write([{ type: type.name, key, value: null }])
    })
  }

  async change(changes: readonly StateChange[]): Promise<void> {
    if (changes.length > MOST_CHANGES) throw new RangeError(`changes must be at most ${MOST_CHANGES}`)
    // Of several changes of one item only the last would hold.
    const last = new Map(changes.map((change) => [`${change.type}\0${change.key}`, change]))
    await this.#turnstile.pass(() => this.#write([...last.values()]))
  }

  async rebuild(): Promise<void> {
    await this.#turnstile.pass(async () => {
      const { records, keys } = this.#options
      const fresh = new ItemIndex()
      // What is put while the pages are read comes again through `follow`.
      const sequence = await records.lastSequence()
      let cursor: QueryCursor | undefined
      do {
        const page = await records.query(
          { authors: [keys.person], kinds: [STATE] },
          { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
        )
        for (const { record } of page.records) {
          const item = this.#open(record)
          if (item !== undefined) fresh.put(item)
        }
        cursor = page.next
      } while (cursor !== undefined)
      this.#index.replaceWith(fresh)
      this.#sequence = sequence
    })
  }

  async follow(signal: AbortSignal): Promise<void> {
    const { records, keys } = this.#options
    for await (const { record, sequence } of records.changes(this.#sequence, { signal })) {
      this.#sequence = sequence
      if (record.kind !== STATE || !equalBytes(record.author, keys.person)) continue
      await this.#turnstile.pass(() => this.#takeIn(record))
    }
  }

  async #takeIn(record: VerifiedRecord): Promise<void> {
    // What this device wrote is in the index since it was durable.
    if (equalBytes(record.signer, this.#device)) return
    const incoming = this.#open(record)
    if (incoming === undefined) return
    const known = this.#index.get(incoming.type, incoming.key)
    const newest = known === undefined || compareBytes(incoming.id, known.id) > 0 ? incoming : known
    const merged = known === undefined ? incoming : (this.#rules.get(incoming.type) ?? lastWriter)(known, incoming)
    this.#index.put(newest)
    if (merged.at !== newest.at || merged.value !== newest.value) await this.#put([{ ...newest, value: merged.value, at: merged.at }])
    if (known === undefined || merged.at !== known.at || merged.value !== known.value) {
      this.#options.onChange?.({ type: incoming.type, key: incoming.key, at: merged.at })
    }
  }

  async #write(changes: readonly StateChange[]): Promise<void> {
    const superseded = await this.#put(this.#date(changes))
    if (superseded.length === 0) return
    // Another device, whose clock is ahead, wrote the same items and `follow` has not come to it yet: what was set here is set after that.
    await this.#catchUp(superseded)
    const again = await this.#put(this.#date(superseded))
    if (again.length > 0) throw new Error("a newer Tessera wrote this item of personal state, and it cannot be changed here")
  }

  #date(changes: readonly StateChange[]): SealedItem[] {
    // Through CBOR and back, so that the index holds what a rebuild would give, and nothing that the caller can still change.
    return changes.map(({ type, key, value }) => {
      const plain: unknown = decode(encode(value ?? null))
      return { type, key, value: plain, at: this.#after(this.#index.get(type, key)?.at) }
    })
  }

  /** Puts items, each dated after the newest known record about it, and gives back those that the store knows something newer of. */
  async #put(items: readonly SealedItem[]): Promise<readonly SealedItem[]> {
    const { records, keys, random } = this.#options
    const sealed = items.map((item) => {
      const timestamp = this.#after(this.#index.get(item.type, item.key)?.timestamp)
      return { item, record: sealState(item, { keys, random, timestamp }) }
    })
    const outcomes = await records.put(sealed.map(({ record }) => record))
    return sealed.flatMap(({ item, record }, i) => {
      if (outcomes[i]?.outcome !== "stored") return [item]
      this.#index.put({ ...item, id: record.id, timestamp: record.timestamp })
      return []
    })
  }

  async #catchUp(items: readonly StateChange[]): Promise<void> {
    const { records, keys } = this.#options
    const addresses = items.map(({ type, key }) =>
      makeAddress({ nonce: stateNonce(keys.state, type, key), kind: STATE, author: keys.person }),
    )
    for (const { record } of await records.get(addresses)) {
      const item = this.#open(record)
      if (item !== undefined) this.#index.put(item)
    }
  }

  /** Now, or a moment after `last`: times grow from version to version of an item, also when the clock goes back. */
  #after(last: Timestamp | undefined): Timestamp {
    const now = timestampFromUnixMillis(this.#options.clock.unixMillis())
    return last === undefined || now > last ? now : parseTimestamp(last + 1n)
  }

  #open(record: VerifiedRecord): IndexedItem | undefined {
    try {
      return { ...openState(record, this.#options.keys.state), id: record.id, timestamp: record.timestamp }
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof VerifyError)) throw error
      this.#options.onUnreadable?.(error)
      return undefined
    }
  }
}
