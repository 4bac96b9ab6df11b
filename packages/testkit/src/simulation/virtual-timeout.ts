import type { Context } from "./context.ts"
import type { VirtualTimer } from "./virtual-time.ts"

/** What `setTimeout` and its kin give in a simulation: Node's `Timeout`, on virtual time. */
export class VirtualTimeout {
  readonly #context: Context
  readonly #run: () => void
  readonly #delay: number
  readonly #repeats: boolean
  #timer: VirtualTimer

  constructor(context: Context, run: () => void, delay: number, repeats: boolean) {
    this.#context = context
    this.#run = run
    this.#delay = repeats ? Math.max(1, delay) : delay
    this.#repeats = repeats
    this.#timer = this.#schedule()
  }

  #schedule(): VirtualTimer {
    return this.#context.schedule(this.#delay, () => {
      if (this.#repeats) this.#timer = this.#schedule()
      this.#run()
    })
  }

  /** Ends it. */
  close(): this {
    this.#timer.cancel()
    return this
  }

  /** Begins it again from now. */
  refresh(): this {
    this.#timer.cancel()
    this.#timer = this.#schedule()
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
