import type { TrustedClock } from "./trusted-clock.ts"

/** The longest sleep: by then it is looked whether a clock that jumped is believed now. In milliseconds. */
const LONGEST_SLEEP = 600_000
/** How long it waits after the disk refused, in milliseconds. */
const RETRY = 60_000

/** Has expired records dropped in time. However many there are, one timer waits for the next. */
export class Sweeper implements AsyncDisposable {
  readonly #clock: TrustedClock
  readonly #sweep: (trusted: bigint) => Promise<bigint | undefined>
  #timer: NodeJS.Timeout | undefined
  #wakesFor: bigint | undefined
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  /** @param sweep drops some of what expires up to a time; resolves to when the next of what is left expires, undefined when nothing does. */
  constructor(clock: TrustedClock, sweep: (trusted: bigint) => Promise<bigint | undefined>) {
    this.#clock = clock
    this.#sweep = sweep
  }

  /** Says that something expires at a time. */
  expect(at: bigint): void {
    if (this.#isClosed || (this.#wakesFor !== undefined && this.#wakesFor <= at)) return
    const { trusted } = this.#clock.read()
    const left = Number((at - trusted) / 1_000_000n) + 1
    this.#sleep(at, Math.min(LONGEST_SLEEP, Math.max(0, left)))
  }

  #sleep(wakesFor: bigint, milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#wakesFor = wakesFor
    this.#timer = setTimeout(() => {
      // From here on what comes sets a timer of its own: this sweep may have looked before it was there.
      this.#wakesFor = undefined
      this.#running = this.#running.then(() => this.#wake(wakesFor))
    }, milliseconds).unref()
  }

  async #wake(at: bigint): Promise<void> {
    try {
      const next = await this.#sweep(this.#clock.read().trusted)
      if (next !== undefined) this.expect(next)
    } catch {
      // A full disk, say: nothing is lost, it is hidden already, and is dropped when the disk lets it.
      if (!this.#isClosed) this.#sleep(at, RETRY)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#running
  }
}
