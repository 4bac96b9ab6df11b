import {
  type Act,
  type KeySchedule,
  type MayAct,
  type PublicKey,
  type VerifiedRecord,
  KEY_SCHEDULE,
  VerifyError,
  decodeKeySchedule,
  equalBytes,
  mayAct,
  readKeySchedule,
  subkeyTag,
  toHex,
} from "@tessera/mosaic"
import type { PolicyContext } from "../policy/policy.ts"
import type { QueryCursor, RecordStore } from "../store/port.ts"
import { BoundedMap } from "./bounded-map.ts"

const PAGE = 50
/** Key schedules of one author that are looked through for a valid one: one per nonce. */
const MAX_SCHEDULES = 500
/** Key schedules that are looked through for a master: anybody can tag somebody's subkey, nobody else can have it attest. */
const MAX_CLAIMS = 1_000
const CAPACITY = 10_000

/** What is not known is remembered as well. */
interface Known {
  readonly schedule: KeySchedule | undefined
}

/** Knows the authors' key schedules from the store, with a bounded memory of those that were asked for last. */
export class KeyScheduleDirectory implements PolicyContext {
  readonly #store: RecordStore
  readonly #schedules = new BoundedMap<Known>(CAPACITY)
  readonly #masters = new BoundedMap<PublicKey>(CAPACITY)
  readonly #arriving = new Map<string, Promise<void>>()
  /** Grows with each schedule that was stored: what was read before that is not remembered. */
  #generation = 0

  constructor(store: RecordStore) {
    this.#store = store
  }

  async scheduleOf(author: PublicKey): Promise<KeySchedule | undefined> {
    const known = this.#schedules.get(toHex(author))
    return known === undefined ? this.#read(author) : known.schedule
  }

  /** What is remembered, without looking into the store: undefined when nothing is. */
  remembered(author: PublicKey): Known | undefined {
    return this.#schedules.get(toHex(author))
  }

  /** As `mayAct`, with the author's schedule as the store has it. A refusal never rests on what is only remembered. */
  async mayAct(act: Act): Promise<MayAct> {
    if (equalBytes(act.signer, act.author)) return mayAct(undefined, act)
    await this.#arriving.get(toHex(act.author))
    const verdict = mayAct(await this.scheduleOf(act.author), act)
    return verdict.ok ? verdict : mayAct(await this.#read(act.author), act)
  }

  async masterOf(key: PublicKey): Promise<PublicKey> {
    const name = toHex(key)
    const known = this.#masters.get(name)
    if (known !== undefined) return known
    const generation = this.#generation
    const master = (await this.#findMaster(key)) ?? key
    if (generation === this.#generation) this.#masters.set(name, master)
    return master
  }

  /** Says that a key schedule is on its way to the store: who asks for its author's waits for `stored`. */
  expect(record: VerifiedRecord, stored: Promise<unknown>): void {
    const author = toHex(record.author)
    const arriving = stored
      .then(
        () => this.learn(record),
        () => {},
      )
      .finally(() => {
        if (this.#arriving.get(author) === arriving) this.#arriving.delete(author)
      })
    this.#arriving.set(author, arriving)
  }

  /** Says that the store has taken in a record: a key schedule ends what was remembered. */
  learn(record: VerifiedRecord): void {
    if (record.kind !== KEY_SCHEDULE) return
    this.#generation += 1
    this.#schedules.delete(toHex(record.author))
    // The old schedule may have listed other subkeys than the new one: what is remembered of masters is little and quickly found again.
    this.#masters.clear()
  }

  async #read(author: PublicKey): Promise<KeySchedule | undefined> {
    const generation = this.#generation
    const schedule = await this.#findSchedule(author)
    if (generation === this.#generation) this.#schedules.set(toHex(author), { schedule })
    return schedule
  }

  async #findSchedule(author: PublicKey): Promise<KeySchedule | undefined> {
    // Only what the master signed can be valid, so that nobody else's records can stand in the way.
    for await (const record of this.#records({ kinds: [KEY_SCHEDULE], authors: [author], signers: [author] }, MAX_SCHEDULES)) {
      const schedule = validSchedule(record)
      if (schedule !== undefined) return schedule
    }
    return undefined
  }

  async #findMaster(key: PublicKey): Promise<PublicKey | undefined> {
    for await (const record of this.#records({ kinds: [KEY_SCHEDULE], includedTags: [[subkeyTag(key)]] }, MAX_CLAIMS)) {
      // Most cheaply told first: a schedule that only tags the key says nothing.
      if (!lists(record, key)) continue
      const schedule = await this.scheduleOf(record.author)
      if (schedule?.entries.some((entry) => isActiveSigner(entry, key)) === true) return schedule.master
    }
    return undefined
  }

  async *#records(filter: Parameters<RecordStore["query"]>[0], most: number): AsyncGenerator<VerifiedRecord, void, void> {
    let cursor: QueryCursor | undefined
    for (let seen = 0; seen < most; seen += PAGE) {
      const page = await this.#store.query(filter, cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor })
      for (const { record } of page.records) yield record
      if (page.next === undefined) return
      cursor = page.next
    }
  }
}

function validSchedule(record: VerifiedRecord): KeySchedule | undefined {
  try {
    return readKeySchedule(record)
  } catch (error) {
    if (error instanceof VerifyError) return undefined
    throw error
  }
}

const isActiveSigner = (entry: KeySchedule["entries"][number], key: Uint8Array): boolean =>
  entry.use === "signing" && entry.state === "active" && equalBytes(entry.key, key)

function lists(record: VerifiedRecord, key: Uint8Array): boolean {
  try {
    return decodeKeySchedule(record.readPayload()).some((entry) => isActiveSigner(entry, key))
  } catch {
    return false
  }
}
