import { type DhtLookup, type DhtPut, RESULT, type ServerMessage } from "@tessera/mosaic"
import { CrowdedOutError } from "../discovery/fair-work.ts"
import { type HandlerContext, reply } from "../handlers/context.ts"
import { lookUp, refusedLookup } from "../handlers/dht-lookup.ts"
import { put } from "../handlers/dht-put.ts"
import { type SubmissionOutcome, refuse } from "../policy/policy.ts"
import type { Rate } from "./rate.ts"
import { type Sleep, inTime } from "./sleep.ts"
import { yieldTurn } from "./turn.ts"

/** About what a request holds while it waits, in bytes. */
const HELD = 2_048

interface DhtLineOptions {
  readonly lookups: Rate
  readonly puts: Rate
  readonly sleep: Sleep
  /** Aborts when the connection ends: what it still waits for is given up. */
  readonly ended: AbortSignal
}

/** Answers the DHT Lookups and DHT Puts of one connection, side by side with all else, each in its time. Answers name their key and come in any order. */
export class DhtLine {
  readonly #context: HandlerContext
  readonly #options: DhtLineOptions
  #waiting = 0
  #idle: (() => void)[] = []

  constructor(context: HandlerContext, options: DhtLineOptions) {
    this.#context = context
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#waiting === 0
  }

  /** Begins to look or to put, or refuses it. */
  async take(request: DhtLookup | DhtPut): Promise<void> {
    const refusal = this.#refusal(request)
    if (refusal !== undefined) return this.#answer(request, refusal)
    this.#waiting += 1
    this.#context.memory.add(HELD)
    void this.#run(copyOf(request))
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (!this.isEmpty) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #refusal({ type }: DhtLookup | DhtPut): SubmissionOutcome | undefined {
    const { limits, policy, peer } = this.#context
    const { lookups, puts } = this.#options
    const rate = type === "dhtLookup" ? lookups : puts
    if (!rate.take() || this.#waiting >= limits.dhtInFlight) return refuse(RESULT.TOO_FAST, `too many ${type}`)
    const heard = policy.hear?.(peer, { type: type === "dhtLookup" ? "query" : "submission", bytes: 0 })
    return heard?.ok === false ? heard : undefined
  }

  async #run(request: DhtLookup | DhtPut): Promise<void> {
    try {
      await yieldTurn(this.#context.peer, this.#context.ended)
      await this.#work(request)
    } finally {
      this.#waiting -= 1
      this.#context.memory.add(-HELD)
      if (this.isEmpty) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  /** Never rejects. */
  async #work(request: DhtLookup | DhtPut): Promise<void> {
    const { ended, sleep } = this.#options
    const late = new AbortController()
    const signal = AbortSignal.any([ended, late.signal])
    const work = request.type === "dhtLookup" ? this.#lookUp(request, signal) : this.#put(request, signal)
    work.catch(() => {})
    try {
      if (await inTime(work, this.#context.limits.dhtMs, sleep)) return
      late.abort()
      await this.#answer(request, { code: RESULT.TEMPORARY_ERROR, reason: "the DHT does not answer in time" })
    } catch (error) {
      if (ended.aborted) return
      if (error instanceof CrowdedOutError) return this.#answer(request, refuse(RESULT.TOO_FAST, error.message))
      this.#context.onEvent({ type: "failed", doing: `answering a ${request.type}`, error })
      await this.#answer(request, { code: RESULT.TEMPORARY_ERROR })
    }
  }

  async #lookUp(request: DhtLookup, signal: AbortSignal): Promise<void> {
    const answer = await this.#inTurn(() => lookUp(request, this.#context, signal), signal)
    signal.throwIfAborted()
    await this.#reply(answer)
  }

  async #put(request: DhtPut, signal: AbortSignal): Promise<void> {
    const outcome = await this.#inTurn(() => put(request, this.#context, signal), signal)
    signal.throwIfAborted()
    await this.#answer(request, outcome)
  }

  #inTurn<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    return this.#context.dhtWork.run(this.#context.peer, work, signal)
  }

  async #answer(request: DhtLookup | DhtPut, { code, reason }: SubmissionOutcome): Promise<void> {
    if (reason !== undefined) this.#context.onEvent({ type: "refused", peer: this.#context.peer, code, reason })
    const { key } = request
    await this.#reply(request.type === "dhtLookup" ? refusedLookup(request, code) : { type: "dhtPutResult", result: code, key })
  }

  async #reply(message: ServerMessage): Promise<void> {
    // When the connection is gone nobody waits for the answer any more.
    await reply(this.#context, message).catch(() => {})
  }
}

/** What waits must not hold on to all the bytes that came with it. */
function copyOf(request: DhtLookup | DhtPut): DhtLookup | DhtPut {
  const key = request.key.slice()
  return request.type === "dhtLookup"
    ? { ...request, key }
    : { ...request, key, signature: request.signature.slice(), text: request.text.slice() }
}
