import { type PublicKey, RESULT, type Reference, type VerifiedRecord, isRetractionKind, parseReference, toHex } from "@tessera/mosaic"
import type { QueryCursor, RecordStore, StoredRecord } from "../store/port.ts"
import type { SubmissionOutcome } from "./policy.ts"

const PAGE = 500

/** How much may wait. */
export interface HoldLimits {
  /** Records of all; beyond: `TEMPORARY_ERROR`. */
  readonly records: number
  /** Records of one author; beyond: `TOO_FAST`. */
  readonly recordsOfOne: number
}

/** A queue that its owner can look through in an evening. */
export const HOLD_LIMITS: HoldLimits = { records: 10_000, recordsOfOne: 100 }

/** Brings an approved record to where all are: `MosaicServer.submit`. */
export type Release = (record: VerifiedRecord) => Promise<SubmissionOutcome>

/**
 * Records that wait for the owner's approval, in a store of their own, so that nothing of them can be seen before: an approved one goes into the
 * server's store as if it had just come, and reaches present subscribers and those who resume. What was decided does not come back.
 */
export class HoldQueue {
  readonly #store: RecordStore
  readonly #limits: HoldLimits
  #counts = new Map<string, number>()
  #size = 0

  private constructor(store: RecordStore, limits: HoldLimits) {
    this.#store = store
    this.#limits = limits
  }

  /** Opens the queue that `store` holds. The store stays its caller's. */
  static async open(store: RecordStore, limits: Partial<HoldLimits> = {}): Promise<HoldQueue> {
    const queue = new HoldQueue(store, { ...HOLD_LIMITS, ...limits })
    await queue.recount()
    return queue
  }

  /** Records that wait; too many rather than too few between recounts. */
  get size(): number {
    return this.#size
  }

  /** Whether something of an author's waits. */
  hasOf(author: PublicKey): boolean {
    return this.#counts.has(toHex(author))
  }

  /** Takes a record in; resolves when it is durable. */
  async hold(record: VerifiedRecord): Promise<SubmissionOutcome> {
    const author = toHex(record.author)
    const ofAuthor = this.#counts.get(author) ?? 0
    if (ofAuthor >= this.#limits.recordsOfOne) return { code: RESULT.TOO_FAST, reason: "too many records of this author wait" }
    if (this.#size >= this.#limits.records) return { code: RESULT.TEMPORARY_ERROR, reason: "too many records wait" }
    // Counted before it is stored, so that many at the same time do not pass the bound together.
    this.#count(author, 1)
    let isStored = false
    try {
      const [put] = await this.#store.put([record])
      isStored = put?.outcome === "stored"
      if (put?.outcome === "expired") return { code: RESULT.INVALID, reason: "it has expired" }
      return { code: isStored ? RESULT.ACCEPTED : RESULT.DUPLICATE }
    } finally {
      if (!isStored) this.#count(author, -1)
    }
  }

  /** What waits of an author's that a Retraction takes back is dropped, as anywhere. */
  async retract(retraction: VerifiedRecord): Promise<void> {
    if (this.hasOf(retraction.author)) await this.#store.put([retraction])
  }

  /** One page of what waits, newest first. */
  async list(limit: number, cursor?: QueryCursor): Promise<{ readonly records: readonly StoredRecord[]; readonly next?: QueryCursor }> {
    const page = await this.#store.query({}, cursor === undefined ? { limit } : { limit, cursor })
    return { ...page, records: page.records.filter(({ record }) => !isRetractionKind(record.kind)) }
  }

  /** Those of the references that wait. */
  async get(references: readonly Reference[]): Promise<readonly StoredRecord[]> {
    if (this.#size === 0) return []
    return (await this.#store.get(references)).filter(({ record }) => !isRetractionKind(record.kind))
  }

  /**
   * Lets a record in; undefined when it does not wait.
   * @returns what the server made of it. It waits on when the server failed.
   */
  async approve(id: Uint8Array, release: Release): Promise<SubmissionOutcome | undefined> {
    const [waiting] = await this.get([parseReference(id)])
    if (waiting === undefined) return undefined
    const outcome = await release(waiting.record)
    const isDecided = outcome.code !== RESULT.TEMPORARY_ERROR && outcome.code !== RESULT.PERSISTENT_ERROR
    if (isDecided) await this.#drop(waiting.record)
    return outcome
  }

  /** Throws a record away; false when it does not wait. */
  async reject(id: Uint8Array): Promise<boolean> {
    const [waiting] = await this.get([parseReference(id)])
    if (waiting !== undefined) await this.#drop(waiting.record)
    return waiting !== undefined
  }

  /** Counts anew what waits: what was replaced, retracted or has expired left without a word. */
  async recount(signal?: AbortSignal): Promise<void> {
    const counts = new Map<string, number>()
    let size = 0
    let cursor: QueryCursor | undefined
    do {
      const page = await this.list(PAGE, cursor)
      for (const { record } of page.records) counts.set(toHex(record.author), (counts.get(toHex(record.author)) ?? 0) + 1)
      size += page.records.length
      cursor = page.next
    } while (cursor !== undefined && signal?.aborted !== true)
    if (signal?.aborted === true) return
    this.#counts = counts
    this.#size = size
  }

  async #drop(record: VerifiedRecord): Promise<void> {
    if ((await this.#store.remove([record.id])) > 0) this.#count(toHex(record.author), -1)
  }

  #count(author: string, change: 1 | -1): void {
    const count = (this.#counts.get(author) ?? 0) + change
    if (count > 0) this.#counts.set(author, count)
    else this.#counts.delete(author)
    this.#size = Math.max(0, this.#size + change)
  }
}
