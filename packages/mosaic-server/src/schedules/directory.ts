import {
  type Act,
  type KeySchedule,
  type MayAct,
  type PublicKey,
  type SubkeyState,
  type Timestamp,
  type VerifiedRecord,
  KEPT,
  KEY_SCHEDULE,
  VerifyError,
  ZERO_TIMESTAMP,
  decodeKeySchedule,
  equalBytes,
  mayAct,
  parseTimestamp,
  readKeySchedule,
  subkeyTag,
  toHex,
} from "@tessera/mosaic"
import type { PolicyContext } from "../policy/policy.ts"
import type { QueryCursor, RecordStore, StoredRecord } from "../store/port.ts"
import { BoundedMap } from "./bounded-map.ts"
import { KeptLists } from "./kept-lists.ts"

const PAGE = 50
/** Key schedules of one author that are looked through for a valid one: one per nonce. */
const MAX_SCHEDULES = 500
/** Key schedules that are looked through for a master: anybody can tag somebody's subkey, nobody else can have it attest. */
const MAX_CLAIMS = 1_000
const CAPACITY = 10_000

/** What is not known is remembered as well. */
interface Known {
  readonly schedule: KeySchedule | undefined
  /** When the schedule was received. */
  readonly received: Timestamp
}

/** Knows the authors' key schedules and Kept records from the store, with a bounded memory of those that were asked for last. */
export class KeyScheduleDirectory implements PolicyContext {
  readonly #store: RecordStore
  readonly #schedules = new BoundedMap<Known>(CAPACITY)
  readonly #masters = new BoundedMap<PublicKey>(CAPACITY)
  readonly #kept: KeptLists
  readonly #arriving = new Map<string, Promise<void>>()
  /** Grows with each schedule that was stored: what was read before that is not remembered. */
  #generation = 0

  constructor(store: RecordStore) {
    this.#store = store
    this.#kept = new KeptLists(store)
  }

  async scheduleOf(author: PublicKey): Promise<KeySchedule | undefined> {
    return (await this.#known(author)).schedule
  }

  /**
   * As `mayAct`, with the author's schedule and Kept records as the store has them. A refusal never rests on a schedule that is only remembered.
   *
   * @param act what comes in now: whatever the clock says, it is received after the schedule that is known, or a clock that jumps back would let in what a
   *   revoked key signs.
   */
  async mayAct(act: Act): Promise<MayAct> {
    if (equalBytes(act.signer, act.author)) return mayAct(undefined, act)
    await this.#arriving.get(toHex(act.author))
    const known = await this.#known(act.author)
    const verdict = mayAct(known.schedule, afterSchedule(act, known))
    if (verdict.ok) return verdict
    const fresh = await this.#read(act.author)
    const isListed = fresh.schedule !== undefined && statesOf(fresh.schedule, act.signer).length > 0
    return mayAct(fresh.schedule, afterSchedule(act, fresh), isListed ? await this.#kept.of(act.author) : undefined)
  }

  /**
   * Whether a stored record is not valid any more, because its author has since revoked the key that signed it and has not kept it. Then it is as if
   * it were not there, for everybody. At once where nothing has to be looked up.
   *
   * What was valid when it was received is only withdrawn by a revocation: a key that is out of use, or no longer listed, takes nothing with it.
   */
  isWithdrawn(stored: StoredRecord): boolean | Promise<boolean> {
    const { signer, author } = stored.record
    if (equalBytes(signer, author)) return false
    const known = this.#schedules.get(toHex(author))
    if (known !== undefined && !isRevoked(known.schedule, stored)) return false
    return this.#findWithdrawn(stored)
  }

  async #findWithdrawn(stored: StoredRecord): Promise<boolean> {
    const { author, id } = stored.record
    return isRevoked(await this.scheduleOf(author), stored) && !(await this.#kept.of(author)).has(id)
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

  /** Says that a key schedule or Kept record is on its way to the store: who asks for its author's waits for `stored`. */
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

  /** Says that the store has taken in a record: a key schedule or Kept record ends what was remembered. */
  learn(record: VerifiedRecord): void {
    if (record.kind === KEPT) this.#kept.forget(record.author)
    if (record.kind !== KEY_SCHEDULE) return
    this.#generation += 1
    this.#schedules.delete(toHex(record.author))
    // The old schedule may have listed other subkeys than the new one: what is remembered of masters is little and quickly found again.
    this.#masters.clear()
  }

  async #known(author: PublicKey): Promise<Known> {
    return this.#schedules.get(toHex(author)) ?? (await this.#read(author))
  }

  async #read(author: PublicKey): Promise<Known> {
    const generation = this.#generation
    const known = await this.#findSchedule(author)
    if (generation === this.#generation) this.#schedules.set(toHex(author), known)
    return known
  }

  async #findSchedule(author: PublicKey): Promise<Known> {
    // Only what the master signed can be valid, so that nobody else's records can stand in the way.
    for await (const { record, received } of this.#records(
      { kinds: [KEY_SCHEDULE], authors: [author], signers: [author] },
      MAX_SCHEDULES,
    )) {
      const schedule = validSchedule(record)
      if (schedule !== undefined) return { schedule, received }
    }
    return NOT_KNOWN
  }

  async #findMaster(key: PublicKey): Promise<PublicKey | undefined> {
    for await (const { record } of this.#records({ kinds: [KEY_SCHEDULE], includedTags: [[subkeyTag(key)]] }, MAX_CLAIMS)) {
      // Most cheaply told first: a schedule that only tags the key says nothing.
      if (!lists(record, key)) continue
      const schedule = await this.scheduleOf(record.author)
      if (schedule?.entries.some((entry) => isActiveSigner(entry, key)) === true) return schedule.master
    }
    return undefined
  }

  async *#records(filter: Parameters<RecordStore["query"]>[0], most: number): AsyncGenerator<StoredRecord, void, void> {
    let cursor: QueryCursor | undefined
    for (let seen = 0; seen < most; seen += PAGE) {
      const page = await this.#store.query(filter, cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor })
      yield* page.records
      if (page.next === undefined) return
      cursor = page.next
    }
  }
}

const NOT_KNOWN: Known = { schedule: undefined, received: ZERO_TIMESTAMP }

const afterSchedule = (act: Act, { received }: Known): Act =>
  act.received > received ? act : { ...act, received: parseTimestamp(received + 1n) }

function validSchedule(record: VerifiedRecord): KeySchedule | undefined {
  try {
    return readKeySchedule(record)
  } catch (error) {
    if (error instanceof VerifyError) return undefined
    throw error
  }
}

/** What has become of a signing key, each time that the schedule lists it. */
function statesOf(schedule: KeySchedule, key: Uint8Array): SubkeyState[] {
  return schedule.entries.filter((entry) => entry.use === "signing" && equalBytes(entry.key, key)).map(({ state }) => state)
}

function isRevoked(schedule: KeySchedule | undefined, { record, received }: StoredRecord): boolean {
  if (schedule === undefined) return false
  const { signer, author, timestamp } = record
  const states = statesOf(schedule, signer)
  if (!states.includes("revokedAll") && !states.includes("revokedPast")) return false
  return !mayAct(schedule, { signer, author, timestamp, received }).ok
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
