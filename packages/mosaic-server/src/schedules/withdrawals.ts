import { DecodeError, KEY_SCHEDULE, type PublicKey, type VerifiedRecord, decodeKeySchedule, toHex } from "@tessera/mosaic"
import type { Sleep } from "../connection/sleep.ts"
import { yieldTurn } from "../connection/turn.ts"
import type { QueryCursor, RecordStore, StoredRecord } from "../store/port.ts"
import type { KeyScheduleDirectory } from "./directory.ts"

/** How often it is looked what has been revoked, in milliseconds. A schedule is acted on at the second look, so that a Kept record may follow it. */
const LOOK_MS = 600_000
const PAGE = 200
/** Authors that wait for a look; beyond, all schedules are gone through. */
const MAX_WAITING = 10_000

export interface WithdrawalsOptions {
  readonly store: RecordStore
  readonly directory: KeyScheduleDirectory
  readonly sleep: Sleep
  readonly onFailure: (doing: string, error: unknown) => void
}

/**
 * Drops from the store what revocations have withdrawn. It is hidden from the moment of the revocation; here its content goes. Only the records that
 * the revoked keys of an author have signed are looked at. Their ids are not remembered: whether one may come again is decided by the schedule then.
 */
export class Withdrawals {
  readonly #options: WithdrawalsOptions
  /** Authors with new schedules: since the last look, and since the look before. */
  #fresh = new Map<string, PublicKey>()
  #waiting = new Map<string, PublicKey>()
  /** At the start nobody knows what was left to do. */
  #looksAtAll = true

  constructor(options: WithdrawalsOptions) {
    this.#options = options
  }

  /** Says that the store has taken in a record. */
  learn(record: VerifiedRecord): void {
    if (record.kind !== KEY_SCHEDULE || revokedKeys(record).length === 0) return
    if (this.#fresh.size < MAX_WAITING) this.#fresh.set(toHex(record.author), record.author)
    else this.#looksAtAll = true
  }

  /** Looks again and again, until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.sleep(LOOK_MS, signal).catch(() => {})
      if (!signal.aborted) await this.look(signal)
    }
  }

  /** Drops what was withdrawn by schedules that were there at the look before. What fails is tried again at the next. */
  async look(signal: AbortSignal): Promise<void> {
    const due = this.#waiting
    this.#waiting = this.#fresh
    this.#fresh = new Map()
    try {
      if (this.#looksAtAll) {
        for await (const { record } of this.#pages({ kinds: [KEY_SCHEDULE] }, signal))
          if (revokedKeys(record).length > 0) await this.#withdraw(record.author, signal)
        this.#looksAtAll = false
      }
      for (const [name, author] of due) {
        await this.#withdraw(author, signal)
        if (signal.aborted) return
        due.delete(name)
      }
    } catch (error) {
      for (const [name, author] of due) this.#waiting.set(name, author)
      if (!signal.aborted) this.#options.onFailure("withdrawing what a revoked key signed", error)
    }
  }

  async #withdraw(author: PublicKey, signal: AbortSignal): Promise<void> {
    const { store, directory } = this.#options
    const schedule = await directory.scheduleOf(author)
    for (const key of schedule === undefined ? [] : revokedKeys(schedule.record)) {
      let gone: Uint8Array[] = []
      for await (const stored of this.#pages({ authors: [author], signers: [key] }, signal)) {
        if (await directory.isWithdrawn(stored)) gone.push(stored.record.id)
        if (gone.length < PAGE) continue
        await store.remove(gone, { forget: true })
        gone = []
      }
      if (gone.length > 0) await store.remove(gone, { forget: true })
    }
  }

  async *#pages(filter: Parameters<RecordStore["query"]>[0], signal: AbortSignal): AsyncGenerator<StoredRecord, void, void> {
    let cursor: QueryCursor | undefined
    do {
      await yieldTurn()
      if (signal.aborted) return
      const page = await this.#options.store.query(filter, cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor })
      yield* page.records
      cursor = page.next
    } while (cursor !== undefined)
  }
}

/** The signing keys that a schedule revokes, each once; none when it is malformed. */
function revokedKeys(record: VerifiedRecord): Uint8Array[] {
  try {
    const entries = decodeKeySchedule(record.readPayload())
    const revoked = entries.filter(({ use, state }) => use === "signing" && (state === "revokedAll" || state === "revokedPast"))
    return [...new Map(revoked.map(({ key }) => [toHex(key), key])).values()]
  } catch (error) {
    if (error instanceof DecodeError) return []
    throw error
  }
}
