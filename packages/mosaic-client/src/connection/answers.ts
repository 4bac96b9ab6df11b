import type { VerifiedRecord } from "@tessera/mosaic"

/** What a query brings, in order. */
export type Answer =
  | { readonly record: VerifiedRecord }
  /** The server's next message in a reconciliation. */
  | { readonly data: Uint8Array }
  | { readonly complete: true }
  | { readonly closed: number }

/** What was brought for one query and not taken yet. Bounded: whoever brings more waits for room. */
export class Answers {
  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #queue: Answer[] = []
  #bytes = 0
  #failure: { readonly error: unknown } | undefined
  #taker: (() => void) | undefined
  #bringer: (() => void) | undefined

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
  }

  /** Adds an answer. False when nothing should be added until `room` resolves. */
  bring(answer: Answer): boolean {
    if (this.#failure !== undefined) return true
    this.#queue.push(answer)
    this.#bytes += lengthOf(answer)
    this.#wakeTaker()
    return !this.#isFull
  }

  /** Resolves when there is room for the next answer, or nobody takes any more. */
  async room(): Promise<void> {
    while (this.#isFull && this.#failure === undefined) await new Promise<void>((resolve) => (this.#bringer = resolve))
  }

  /** The next answer, if one is there. @throws what it has failed with. */
  takeNow(): Answer | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    const answer = this.#queue.shift()
    if (answer !== undefined) this.#bytes -= lengthOf(answer)
    this.#wakeBringer()
    return answer
  }

  /** The next answer. @throws what it has failed with, at once. */
  async take(): Promise<Answer> {
    for (;;) {
      const answer = this.takeNow()
      if (answer !== undefined) return answer
      await new Promise<void>((resolve) => (this.#taker = resolve))
    }
  }

  /** Ends it; what was not taken is dropped. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#queue.length = 0
    this.#bytes = 0
    this.#wakeTaker()
    this.#wakeBringer()
  }

  get #isFull(): boolean {
    return this.#queue.length >= this.#maxRecords || this.#bytes > this.#maxBytes
  }

  #wakeTaker(): void {
    this.#taker?.()
    this.#taker = undefined
  }

  #wakeBringer(): void {
    this.#bringer?.()
    this.#bringer = undefined
  }
}

function lengthOf(answer: Answer): number {
  if ("record" in answer) return answer.record.bytes.length
  return "data" in answer ? answer.data.length : 0
}
