import { type PublicKey, type RecordId, type Timestamp, type VerifiedRecord, toHex } from "@tessera/mosaic"
import { QueryRefusedError, RequestTimeoutError, WrongServerError } from "../errors.ts"
import { KeyMap } from "../key-map.ts"
import type { Delivered } from "../pool/deliver.ts"
import { UnreachableError } from "../pool/errors.ts"
import type { Pool, PoolEvent } from "../pool/pool.ts"
import { type Asked, type ReadObserver } from "../pool/read.ts"
import { confront } from "./confirm.ts"
import { Ledger } from "./ledger.ts"
import { Reading, type Suspicion } from "./reading.ts"
import type { Finding, ServerReport } from "./report.ts"
import { slowness } from "./rules.ts"
import { type DueSuspicions, WaitingSuspicions } from "./suspicions.ts"

const GRACE_MS = 600_000
/** Submissions whose answers are remembered. */
const ANSWERS = 20_000

/** What a watcher needs. */
export interface WatcherOptions {
  /** The clock: what a good while is goes by it. */
  readonly now: () => Timestamp
  /** Who reads where servers know it. */
  readonly identity?: PublicKey
  /** How long a record may take to reach all servers of its author before its absence counts, in milliseconds; 10 minutes when not given. */
  readonly graceMs?: number
  /** Told of each report, new or renewed. */
  readonly onReport?: (report: ServerReport) => void
}

/**
 * Notices servers that fail, lie or leave things out, and says so as values. It accuses nobody at once: what one server shows and another does not is asked for
 * again after a while, by {@link Watcher.confirm}.
 */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #ledger = new Ledger()
  readonly #suspicions: WaitingSuspicions
  /** Of each record and server, whether the server said that it took it. */
  readonly #answers = new Map<string, boolean>()

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#suspicions = new WaitingSuspicions(options.graceMs ?? GRACE_MS)
  }

  /** What was noticed, the last first. */
  get reports(): readonly ServerReport[] {
    return this.#ledger.reports
  }

  /** When {@link confirm} has something to do; undefined when nothing waits. */
  get confirmAt(): Timestamp | undefined {
    return this.#suspicions.firstDue
  }

  /** For routing: 1 for a server with nothing against it, less the more there is. */
  health(server: PublicKey): number {
    return this.#ledger.health(server, this.#options.now())
  }

  /** Tell it what happens to the pool's connections. */
  pooled(event: PoolEvent): void {
    const { server } = event
    switch (event.type) {
      case "connected":
        return
      case "failed":
        for (const finding of unreachable(event.error)) this.#report(server, finding)
        return
      case "misbehaved":
        this.#report(server, { type: event.fault, what: event.what })
        return
      case "ended":
        this.#report(server, { type: "closed", ...event.end })
        return
      default:
        event satisfies never
    }
  }

  /** Tell it what became of a record that was brought to a server. */
  delivered(record: VerifiedRecord, delivered: Delivered): void {
    const { server } = delivered
    const id = record.id.slice() as RecordId
    if (delivered.outcome === "failed") {
      this.#failed(server, delivered.error)
      return
    }
    this.#remember(`${toHex(server)} ${toHex(id)}`, delivered.outcome === "taken")
    if (delivered.outcome === "taken") this.#ledger.didWell(server, this.#options.now())
    else this.#report(server, { type: "recordRefused", code: delivered.code, ids: [id] })
  }

  /**
   * Watches one reading or one subscription of a plan: the observer is told everything of it.
   *
   * @param asked everything that the plan asks (`allAsked`).
   */
  watch(asked: readonly Asked[]): WatchedReading {
    const { now, identity } = this.#options
    const reading = new Reading(asked, identity, now)
    const times = new Map<Asked, number>()
    const take = (suspicions: readonly Suspicion[]): void => {
      for (const suspicion of suspicions) if (!this.#wasRefused(suspicion)) this.#suspicions.add(suspicion)
    }
    return {
      arrived: (one, record) => reading.arrived(one, record),
      caughtUp: (one) => {
        reading.caughtUp(one)
        this.#ledger.didWell(one.read.server, now())
      },
      finished: (one, how) => {
        reading.finished(one, how)
        times.set(one, how.milliseconds)
        this.#ledger.didWell(one.read.server, now())
      },
      failed: (one, error) => {
        reading.failed(one)
        this.#failed(one.read.server, error)
      },
      ended: () => {
        take(reading.suspicions())
        this.#noticeSlow(times)
        times.clear()
      },
      settle: (seenBefore) => take(reading.suspicions(seenBefore)),
    }
  }

  /**
   * Looks into what servers are suspected of and had time for, by asking them and those who showed the records.
   *
   * @throws the signal's reason when it aborts.
   */
  async confirm(pool: Pool, signal: AbortSignal): Promise<void> {
    for (const due of this.#suspicions.take(this.#options.now())) {
      try {
        await this.#confirm(due, pool, signal)
      } catch (error) {
        signal.throwIfAborted()
        // The witness may have failed as well: whom it was the pool has told.
        if (error instanceof RequestTimeoutError) this.#report(due.suspect, { type: "silent" })
      }
    }
  }

  async #confirm({ suspect, witness, asSelf, suspicions }: DueSuspicions, pool: Pool, signal: AbortSignal): Promise<void> {
    await using suspected = await pool.lease(suspect, { asSelf, signal })
    await using showing = await pool.lease(witness, { asSelf, signal })
    const { now } = this.#options
    const sightings = suspicions.map(({ sighting }) => sighting)
    const missing = new Set(await confront({ suspect: suspected.connection, witness: showing.connection, sightings, now, signal }))
    const byAuthor = new KeyMap<Suspicion[]>()
    for (const suspicion of suspicions) {
      if (missing.has(suspicion.sighting)) byAuthor.ensure(suspicion.sighting.author, () => []).push(suspicion)
    }
    for (const [author, found] of byAuthor) {
      const ids = found.map(({ sighting }) => sighting.id)
      const acknowledged = ids.some((id) => this.#answers.get(`${toHex(suspect)} ${toHex(id)}`) === true)
      const role = found[0]?.role ?? "outbox"
      this.#report(suspect, { type: "missing", role, author, ids, witnesses: [witness], acknowledged })
    }
  }

  #failed(server: PublicKey, error: unknown): void {
    if (error instanceof RequestTimeoutError) this.#report(server, { type: "silent" })
    else if (error instanceof QueryRefusedError) this.#report(server, { type: "queryRefused", code: error.code })
    // Of connections that fail or end the pool tells; anything else is not the server's doing.
  }

  /** A server that refused a record openly withholds nothing. */
  #wasRefused({ suspect, sighting }: Suspicion): boolean {
    return this.#answers.get(`${toHex(suspect)} ${toHex(sighting.id)}`) === false
  }

  #noticeSlow(times: ReadonlyMap<Asked, number>): void {
    const byServer = new KeyMap<number>()
    for (const [{ read }, milliseconds] of times) byServer.set(read.server, Math.max(milliseconds, byServer.get(read.server) ?? 0))
    const all = [...byServer]
    for (const [server, milliseconds] of all) {
      const others = slowness(
        milliseconds,
        all.flatMap(([other, time]) => (other === server ? [] : [time])),
      )
      if (others !== undefined) this.#report(server, { type: "slow", milliseconds, others })
    }
  }

  #remember(key: string, isTaken: boolean): void {
    this.#answers.delete(key)
    this.#answers.set(key, isTaken)
    if (this.#answers.size <= ANSWERS) return
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest)
      break
    }
  }

  #report(server: PublicKey, finding: Finding): void {
    const report = this.#ledger.add(server, finding, this.#options.now())
    this.#options.onReport?.(report)
  }
}

/** The observer of one reading or subscription. */
export interface WatchedReading extends Required<ReadObserver> {
  /**
   * Compares what the servers have shown so far; to be called now and then while a subscription goes on. A reading does so when it ends.
   *
   * @param seenBefore only what was seen first before this time: give the servers a minute.
   */
  settle(seenBefore: Timestamp): void
}

function unreachable(error: unknown): Finding[] {
  const impostors = error instanceof UnreachableError ? error.attempts.filter((attempt) => attempt.error instanceof WrongServerError) : []
  const reason = error instanceof Error ? error.message : "unknown"
  return [...impostors.map(({ url }): Finding => ({ type: "wrongServer", url })), { type: "unreachable", reason }]
}
