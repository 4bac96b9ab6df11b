import { type Get, type Query, RESULT, type ResultCode, type Subscribe, isNarrow } from "@tessera/mosaic"
import { type HandlerContext, reply } from "../handlers/context.ts"
import { handleGet } from "../handlers/get.ts"
import { handleQuery } from "../handlers/query.ts"
import { handleSubscribe } from "../handlers/subscribe.ts"
import { heldByQuery } from "./held-by-query.ts"
import type { OpenQuery } from "./open-queries.ts"
import { OutboxClosedError } from "./outbox.ts"
import type { Rate } from "./rate.ts"

type Request = Get | Query | Subscribe

interface Waiting {
  readonly request: Request
  readonly query: OpenQuery
  readonly before: Promise<void>
}

/** Runs the queries of one connection side by side, a few at a time; the others wait their turn. */
export class QueryLine {
  readonly #context: HandlerContext
  readonly #rate: Rate
  readonly #waiting = new Set<Waiting>()
  #running = 0
  #idle: (() => void)[] = []

  constructor(context: HandlerContext, rate: Rate) {
    this.#context = context
    this.#rate = rate
  }

  get isEmpty(): boolean {
    return this.#running === 0
  }

  /**
   * Begins a query, or refuses it.
   * @param length of the request, in bytes.
   * @param before what it must wait for, so that its sender sees what they have written.
   */
  async take(request: Request, length: number, before: Promise<void>): Promise<void> {
    const { queryId } = request
    const refusal = this.#refusal(request)
    if (refusal !== undefined) {
      this.#context.queries.close(queryId)
      await reply(this.#context, { type: "queryClosed", queryId, result: refusal })
      return
    }
    const query = this.#context.queries.open(queryId, request.type === "subscribe", heldByQuery(request, length))
    const waiting: Waiting = { request, query, before }
    this.#waiting.add(waiting)
    // Its request may be large, and counts as held no more.
    query.signal.addEventListener("abort", () => this.#waiting.delete(waiting), { once: true })
    this.#runNext()
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (!this.isEmpty) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #refusal(request: Request): ResultCode | undefined {
    const { limits, queries, policy, peer } = this.#context
    if (!this.#rate.take() || this.#waiting.size >= limits.subscriptions) return RESULT.TOO_FAST
    const heard = policy.hear?.(peer, { type: "query", bytes: 0 })
    if (heard?.ok === false) return heard.code
    if (request.type === "get") return undefined
    if (!isNarrow(request.filter) && (request.limit === 0 || request.limit > limits.openLimit)) return RESULT.TOO_OPEN
    const replacesOne = queries.isSubscription(request.queryId)
    if (request.type === "subscribe" && queries.subscriptions - (replacesOne ? 1 : 0) >= limits.subscriptions) return RESULT.TOO_FAST
    return undefined
  }

  #runNext(): void {
    while (this.#running < this.#context.limits.runningQueries) {
      const [next] = this.#waiting
      if (next === undefined) return
      this.#waiting.delete(next)
      this.#running += 1
      void this.#run(next.request, next.query, next.before)
    }
  }

  async #run(request: Request, query: OpenQuery, before: Promise<void>): Promise<void> {
    try {
      await before
      if (!query.signal.aborted) await this.#answer(request, query)
    } catch (error) {
      await this.#failed(query, error)
    } finally {
      this.#running -= 1
      this.#runNext()
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  async #answer(request: Request, query: OpenQuery): Promise<void> {
    switch (request.type) {
      case "get":
        return handleGet(request, query, this.#context)
      case "query":
        return handleQuery(request, query, this.#context)
      case "subscribe":
        return handleSubscribe(request, query, this.#context)
    }
  }

  async #failed(query: OpenQuery, error: unknown): Promise<void> {
    // The connection is gone: there is nobody to tell.
    if (error instanceof OutboxClosedError) return
    this.#context.onEvent({ type: "failed", doing: "answering a query", error })
    if (!this.#context.queries.abandon(query)) return
    await reply(this.#context, { type: "queryClosed", queryId: query.queryId, result: RESULT.TEMPORARY_ERROR }).catch(() => {})
  }
}
