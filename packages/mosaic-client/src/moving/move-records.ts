import {
  type Filter,
  type PublicKey,
  type RecordId,
  type ResultCode,
  type Timestamp,
  type VerifiedRecord,
  KEY_SCHEDULE,
  RESULT,
  ZERO_TIMESTAMP,
  equalBytes,
  toHex,
} from "@tessera/mosaic"
import { type Sleep, realSleep } from "../connection/sleep.ts"
import { isTaken } from "../pool/deliver.ts"
import { type Brought, type MergeSource, mergeNewestFirst } from "../pool/merge.ts"
import type { Lease, Pool } from "../pool/pool.ts"
import { walk } from "../pool/walk.ts"
import type { ServerRole } from "../routing/facts.ts"
import { MOST_AT_ONCE, confront } from "../watching/confirm.ts"
import { sight } from "../watching/sighting.ts"
import { bring } from "./bring.ts"
import { type Part, partsOf } from "./parts.ts"
import { type MoveProgress, NOTHING_MOVED, Progress } from "./progress.ts"

/** Records that are brought at the same time, in number and bytes. */
const BATCH = 48
const BATCH_BYTES = 2 * 1024 * 1024

/** Who moves, from where to where. */
export interface MoveOptions {
  /** Whose records; the pool must prove this person's key, so that the servers show what is for them alone. */
  readonly person: PublicKey
  /** The old servers, by role; the new one may stand among them. */
  readonly from: Readonly<Partial<Record<ServerRole, readonly PublicKey[]>>>
  /** The new server, which is copied to in each role that `from` names. */
  readonly to: PublicKey
  /** Where an earlier move came to; from the start when not given. */
  readonly progress?: MoveProgress
  /** The clock, for what is over. */
  readonly now: () => Timestamp
  readonly signal: AbortSignal
  /** Brings the blobs that a record names, before the record counts as moved. Which those are the application knows. */
  readonly copyBlobs?: (record: VerifiedRecord, signal: AbortSignal) => Promise<void>
  /** Skips asking the new server afterwards for everything. */
  readonly isUnchecked?: boolean
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** What happens during a move. */
export type MoveStep =
  /** So much is done, for good: keep `progress` to go on from here. */
  | { readonly type: "progress"; readonly phase: "copy" | "check"; readonly role: ServerRole; readonly progress: MoveProgress }
  /** The new server does not want a record. */
  | { readonly type: "refused"; readonly id: RecordId; readonly role: ServerRole; readonly code: ResultCode }
  /** An old server could not be read to the end: what it alone has is not moved. A later move with `progress` goes on there. */
  | { readonly type: "failed"; readonly server: PublicKey; readonly role: ServerRole; readonly error: unknown }
  /** The new server does not show a record, and says that it has it, or does not take it again: after a move, by `code`. */
  | { readonly type: "missing"; readonly id: RecordId; readonly role: ServerRole; readonly code: ResultCode }
  /** Everything that could be is done. Whole when no old server failed and the new one has all that they have, or has refused it. */
  | { readonly type: "done"; readonly isWhole: boolean; readonly progress: MoveProgress }

/**
 * Copies everything that a person has at their old servers to a new one, newest first: what they wrote, public or for themselves, and what others wrote to
 * them and only they may read. Then asks the new server for all of it, and brings what is missing again.
 *
 * Interrupted anywhere, it goes on from the last `progress`, and at most about 50 records come twice. What was refused is counted, told, and tried
 * once more by the check.
 *
 * @throws {TypeError} when `progress` is not that of a move.
 * @throws what leasing a connection to the new server throws, and {@link ConnectionClosedError} when it ends: nothing can be done without it.
 * @throws the signal's reason when it aborts.
 */
export async function* moveRecords(pool: Pool, options: MoveOptions): AsyncGenerator<MoveStep, void, void> {
  const mover = new Mover(pool, options)
  yield* mover.run()
}

class Mover {
  readonly #pool: Pool
  readonly #options: MoveOptions
  readonly #progress: Progress
  readonly #sleep: Sleep
  #hasFailed = false

  constructor(pool: Pool, options: MoveOptions) {
    this.#pool = pool
    this.#options = options
    this.#progress = new Progress(options.progress ?? NOTHING_MOVED)
    this.#sleep = options.sleep ?? realSleep
  }

  async *run(): AsyncGenerator<MoveStep, void, void> {
    const { person, to, signal, isUnchecked = false } = this.#options
    await using lease = await this.#pool.lease(to, { asSelf: true, signal })
    for (const phase of isUnchecked ? (["copy"] as const) : (["copy", "check"] as const)) {
      for (const part of partsOf(person)) yield* this.#part(phase, part, lease)
    }
    yield { type: "done", isWhole: !this.#hasFailed && this.#progress.value.missing === 0, progress: this.#progress.value }
  }

  async *#part(phase: "copy" | "check", part: Part, { connection }: Lease): AsyncGenerator<MoveStep, void, void> {
    const { signal, to, from } = this.#options
    const { role } = part
    const name = `${phase} ${part.name}`
    const servers = (from[role] ?? []).filter((server) => !equalBytes(server, to) && this.#progress.reached(name, server) !== "all")
    const reached = new Map<PublicKey, VerifiedRecord["timestamp"]>()
    const onTaken = (server: PublicKey, record: VerifiedRecord): void => void reached.set(server, record.timestamp)
    const batch: VerifiedRecord[] = []
    let bytes = 0
    const flush = async (): Promise<MoveStep[]> => {
      const records = batch.splice(0)
      bytes = 0
      const steps = phase === "copy" ? await this.#copy(records, role, connection) : await this.#check(records, role, connection)
      for (const [server, timestamp] of reached) this.#progress.advance(name, server, timestamp)
      return [...steps, { type: "progress", phase, role, progress: this.#progress.value }]
    }
    for await (const item of mergeNewestFirst(
      servers.map((server) => this.#source(name, part, server)),
      { signal, sleep: this.#sleep, onTaken },
    )) {
      if ("record" in item) {
        batch.push(item.record)
        bytes += item.record.bytes.length
        if (batch.length >= BATCH || bytes >= BATCH_BYTES) yield* await flush()
      } else if ("ended" in item) {
        if (batch.length > 0) yield* await flush()
        if (item.error === undefined) {
          this.#progress.advance(name, item.ended, "all")
          reached.delete(item.ended)
          yield { type: "progress", phase, role, progress: this.#progress.value }
        } else {
          this.#hasFailed = true
          yield { type: "failed", server: item.ended, role, error: item.error }
        }
      }
    }
  }

  #source(name: string, part: Part, server: PublicKey): MergeSource<PublicKey> {
    const until = this.#progress.reached(name, server)
    const filter = until === undefined || until === "all" ? part.filter : { ...part.filter, until }
    const pool = this.#pool
    return {
      name: server,
      async *open(signal): AsyncGenerator<Brought, void, void> {
        await using lease = await pool.lease(server, { asSelf: true, signal })
        for await (const record of walk(lease.connection, { filter, signal })) yield { record }
      },
    }
  }

  /** Brings records to the new server, together. */
  async #copy(records: readonly VerifiedRecord[], role: ServerRole, to: Lease["connection"]): Promise<MoveStep[]> {
    const { signal, copyBlobs } = this.#options
    const codes = await Promise.all(
      records.map(async (record) => {
        await copyBlobs?.(record, signal)
        return this.#bring(record, role, to)
      }),
    )
    return codes.flatMap((code, place) => {
      if (isTaken(code)) this.#progress.count(code === RESULT.DUPLICATE ? "present" : "copied")
      else this.#progress.countRefused(code)
      return this.#told(records[place], role, code)
    })
  }

  /**
   * Asks the new server for records, and brings those that it does not show although it should: nothing that it has is newer, the author has not taken them
   * back, and they are not over.
   */
  async #check(records: readonly VerifiedRecord[], role: ServerRole, to: Lease["connection"]): Promise<MoveStep[]> {
    const { person, now, signal } = this.#options
    const byId = new Map(records.map((record) => [toHex(record.id), record]))
    const sightings = records.map((record) => sight(record, person, ZERO_TIMESTAMP))
    // The records have just come from the old servers, and these know who may act for their authors.
    const witness = { get: () => given(records), query: ({ authors }: Filter) => this.#schedules(authors ?? [], role) }
    const steps: MoveStep[] = []
    for (let start = 0; start < sightings.length; start += MOST_AT_ONCE) {
      const some = sightings.slice(start, start + MOST_AT_ONCE)
      for (const { id } of await confront({ suspect: to, witness, sightings: some, now, signal })) {
        const record = byId.get(toHex(id))
        if (record === undefined) continue
        const code = await this.#bring(record, role, to)
        if (isTaken(code) && code !== RESULT.DUPLICATE) {
          this.#progress.count("repaired")
          continue
        }
        // What was refused has been told.
        if (!isTaken(code) && this.#progress.value.refused[code] !== undefined) continue
        this.#progress.count("missing")
        steps.push({ type: "missing", id, role, code })
      }
    }
    return steps
  }

  async #bring(record: VerifiedRecord, role: ServerRole, to: Lease["connection"]): Promise<ResultCode> {
    const { signal } = this.#options
    return bring(record, { to, sleep: this.#sleep, signal, scheduleOf: (of) => this.#scheduleOf(of.author, role) })
  }

  async *#schedules(authors: readonly Uint8Array[], role: ServerRole): AsyncGenerator<VerifiedRecord, void, void> {
    for (const author of authors) yield* await this.#scheduleOf(author as PublicKey, role)
  }

  #told(record: VerifiedRecord | undefined, role: ServerRole, code: ResultCode): MoveStep[] {
    return record === undefined || isTaken(code) ? [] : [{ type: "refused", id: record.id, role, code }]
  }

  /** From the first old server of the role that has one. */
  async #scheduleOf(author: PublicKey, role: ServerRole): Promise<readonly VerifiedRecord[]> {
    const { from, signal } = this.#options
    for (const server of from[role] ?? []) {
      try {
        await using lease = await this.#pool.lease(server, { asSelf: true, signal })
        const found: VerifiedRecord[] = []
        for await (const record of lease.connection.query({ authors: [author], kinds: [KEY_SCHEDULE] }, { limit: 4, signal }))
          found.push(record)
        if (found.length > 0) return found
      } catch {
        // Another may have it; whether this server can be read is told where its records are.
        signal.throwIfAborted()
      }
    }
    return []
  }
}

async function* given(records: readonly VerifiedRecord[]): AsyncGenerator<VerifiedRecord, void, void> {
  yield* records
}
