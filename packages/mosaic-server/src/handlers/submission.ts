import {
  DecodeError,
  MAX_RECORD_LENGTH,
  RESULT,
  type Submission,
  type VerifiedRecord,
  VerifyError,
  claimedIdPrefix,
  verifyRecord,
} from "@tessera/mosaic"
import type { Rate } from "../connection/rate.ts"
import { yieldTurn } from "../connection/turn.ts"
import type { SubmissionOutcome } from "../policy/policy.ts"
import { type HandlerContext, reply } from "./context.ts"

/**
 * Takes the submissions of one connection: judged one after the other, stored many at a time, answered in the order in which they came.
 */
export class SubmissionLine {
  readonly #context: HandlerContext
  readonly #rate: Rate
  #count = 0
  #bytes = 0
  /** Resolves when everything so far is stored and answered. Never rejects. */
  #tail: Promise<void> = Promise.resolve()

  constructor(context: HandlerContext, rate: Rate) {
    this.#context = context
    this.#rate = rate
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Resolves when all that came before is stored and answered, so that a query sees what its sender has written. */
  settled(): Promise<void> {
    return this.#tail
  }

  /** Resolves when the next message of the connection may be looked at. */
  async take({ record: bytes }: Submission): Promise<void> {
    const { limits } = this.#context
    this.#count += 1
    this.#bytes += bytes.length
    this.#context.memory.add(bytes.length)
    const outcome = await this.#judge(bytes)
    this.#tail = this.#tail.then(() => this.#answer(bytes, outcome))
    while (this.#count >= limits.submissionsInFlight || this.#bytes > limits.submissionBytesInFlight) await this.#tail
  }

  async #judge(bytes: Uint8Array): Promise<{ readonly result: Promise<SubmissionOutcome> }> {
    const { acceptance, policy, peer, ended } = this.#context
    const settle = (outcome: SubmissionOutcome): { result: Promise<SubmissionOutcome> } => ({ result: Promise.resolve(outcome) })
    if (!this.#rate.take()) return settle({ code: RESULT.TOO_FAST, reason: "too many submissions" })
    const heard = policy.hear?.(peer, { type: "submission", bytes: bytes.length })
    if (heard?.ok === false) return settle(heard)
    if (bytes.length > MAX_RECORD_LENGTH) return settle({ code: RESULT.TOO_LARGE, reason: `${bytes.length} bytes` })
    await yieldTurn(peer, ended)
    if (ended.aborted) return settle({ code: RESULT.TEMPORARY_ERROR })
    const verified = verify(bytes)
    if ("reason" in verified) return settle({ code: RESULT.INVALID, reason: verified.reason })
    try {
      const verdict = await acceptance.judge(verified.record, peer)
      return verdict.ok ? { result: acceptance.take(verified.record, verdict) } : settle(verdict)
    } catch (error) {
      this.#context.onEvent({ type: "failed", doing: "judging a record", error })
      return settle({ code: RESULT.TEMPORARY_ERROR, reason: "judging it failed" })
    }
  }

  async #answer(bytes: Uint8Array, { result }: { readonly result: Promise<SubmissionOutcome> }): Promise<void> {
    const { code, reason } = await result
    this.#count -= 1
    this.#bytes -= bytes.length
    this.#context.memory.add(-bytes.length)
    if (reason !== undefined) this.#context.onEvent({ type: "refused", peer: this.#context.peer, code, reason })
    // When the connection is gone nobody waits for the answer any more; what was stored is stored.
    await reply(this.#context, { type: "submissionResult", result: code, idPrefix: claimedIdPrefix(bytes) }).catch(() => {})
  }
}

function verify(bytes: Uint8Array): { readonly record: VerifiedRecord } | { readonly reason: string } {
  try {
    return { record: verifyRecord(bytes) }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return { reason: error.reason }
    throw error
  }
}
