import { RESULT, type ResultCode, type SyncClientData, type SyncClose, type SyncInit, isNarrow } from "@tessera/mosaic"
import { heldByQuery } from "../connection/held-by-query.ts"
import { OutboxClosedError } from "../connection/outbox.ts"
import type { Rate } from "../connection/rate.ts"
import type { Sleep } from "../connection/sleep.ts"
import { type HandlerContext, reply } from "../handlers/context.ts"
import { answerSync } from "../handlers/sync-data.ts"
import { handleSyncInit } from "../handlers/sync-init.ts"
import type { SyncSession } from "./session.ts"

/**
 * The reconciliations of one connection: a few at a time, each a message at a time, each given up when its peer is silent. They share their ids with
 * the other queries of the connection.
 */
export class SyncSessions {
  readonly #context: HandlerContext
  readonly #rate: Rate
  readonly #sleep: Sleep
  readonly #sessions = new Map<number, SyncSession>()
  readonly #working = new Set<Promise<void>>()

  /** @param rate that of the connection's queries. */
  constructor(context: HandlerContext, rate: Rate, sleep: Sleep) {
    this.#context = context
    this.#rate = rate
    this.#sleep = sleep
  }

  /**
   * Begins a reconciliation, or refuses it.
   * @param length of the message, in bytes.
   * @param before what it must wait for, so that its sender sees what they have written.
   */
  async begin(request: SyncInit, length: number, before: Promise<void>): Promise<void> {
    const { queryId, filter, data } = request
    const { queries, limits } = this.#context
    queries.close(queryId)
    const refusal = this.#refusal()
    if (refusal !== undefined) return this.#refuse(queryId, refusal)
    if (!isNarrow(filter)) return this.#refuse(queryId, RESULT.TOO_OPEN)
    if (this.#sessions.size >= limits.syncSessions) return this.#refuse(queryId, RESULT.TOO_FAST)
    const session: SyncSession = { query: queries.open(queryId, false, heldByQuery(request, length - data.length)), isWorking: false }
    this.#sessions.set(queryId, session)
    session.query.signal.addEventListener("abort", () => this.#forget(session), { once: true })
    this.#work(session, async () => {
      await before
      return handleSyncInit(request, session, this.#context)
    })
  }

  /** Goes on with a reconciliation. `NOT_FOUND` when there is none of this id; who does not wait for answers has it ended as `INVALID`. */
  async goOn({ queryId, data }: SyncClientData): Promise<void> {
    const session = this.#sessions.get(queryId)
    if (session === undefined) return this.#refuse(queryId, RESULT.NOT_FOUND)
    const refusal = session.next === undefined ? this.#refusal() : RESULT.INVALID
    if (refusal !== undefined) return this.#fail(session, refusal)
    if (session.isWorking) session.next = data
    else this.#answer(session, data)
  }

  /** Ends a reconciliation. Nothing is answered. */
  end({ queryId }: SyncClose): void {
    if (this.#sessions.has(queryId)) this.#context.queries.close(queryId)
  }

  /** Ends a reconciliation and says why, unless it has ended. */
  async #fail(session: SyncSession, code: ResultCode): Promise<void> {
    if (this.#context.queries.abandon(session.query)) await this.#refuse(session.query.queryId, code)
  }

  /** Resolves when no message is worked on any more. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working)
  }

  #refusal(): ResultCode | undefined {
    if (!this.#rate.take()) return RESULT.TOO_FAST
    const heard = this.#context.policy.hear?.(this.#context.peer, { type: "query", bytes: 0 })
    return heard?.ok === false ? heard.code : undefined
  }

  #refuse(queryId: number, result: ResultCode): Promise<void> {
    return reply(this.#context, { type: "syncError", queryId, result })
  }

  #forget(session: SyncSession): void {
    session.idle?.abort()
    delete session.items
    if (this.#sessions.get(session.query.queryId) === session) this.#sessions.delete(session.query.queryId)
  }

  /** Works on one message of the peer. */
  #work(session: SyncSession, act: () => Promise<ResultCode | undefined>): void {
    session.isWorking = true
    session.idle?.abort()
    const work = act()
      .then((code) => (code === undefined ? undefined : this.#fail(session, code)))
      .catch((error: unknown) => this.#failed(session, error))
      .finally(() => {
        session.isWorking = false
        this.#working.delete(work)
        this.#next(session)
      })
    this.#working.add(work)
  }

  #answer(session: SyncSession, data: Uint8Array): void {
    this.#work(session, () => answerSync(data, session, this.#context))
  }

  #next(session: SyncSession): void {
    const { next } = session
    delete session.next
    if (session.query.signal.aborted) return
    if (next === undefined) void this.#awaitNext(session)
    else this.#answer(session, next)
  }

  async #failed(session: SyncSession, error: unknown): Promise<void> {
    // The connection is gone: there is nobody to tell.
    if (error instanceof OutboxClosedError) return
    this.#context.onEvent({ type: "failed", doing: "reconciling with a peer", error })
    await this.#fail(session, RESULT.TEMPORARY_ERROR).catch(() => {})
  }

  /** Gives a reconciliation up whose peer says nothing more. */
  async #awaitNext(session: SyncSession): Promise<void> {
    const idle = new AbortController()
    session.idle = idle
    try {
      await this.#sleep(this.#context.limits.syncIdleMs, idle.signal)
    } catch {
      return
    }
    await this.#fail(session, RESULT.TEMPORARY_ERROR).catch(() => {})
  }
}
