/** Too many wait, and this one is of the address that has the most waiting. */
export class CrowdedOutError extends Error {
  override readonly name = "CrowdedOutError"
}

interface Waiting {
  readonly begin: () => void
  readonly giveWay: (error: unknown) => void
}

/** Does a few things at the same time. The others wait, and their names take turns: whoever asks for much waits longer, nobody else does. */
export class FairLine {
  readonly #running: number
  readonly #waiting: number
  /** Whose turn is next stands first. */
  readonly #lines = new Map<string, Set<Waiting>>()
  #runs = 0
  #waits = 0

  /** @param options how many run, and how many wait, at most. */
  constructor({ running, waiting }: { readonly running: number; readonly waiting: number }) {
    this.#running = running
    this.#waiting = waiting
  }

  /** @throws {CrowdedOutError} when it has to give way; the signal's reason when it aborts before its turn. */
  async run<Value>(name: string, work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    signal.throwIfAborted()
    if (this.#runs >= this.#running) await this.#turn(name, signal)
    else this.#runs += 1
    try {
      return await work()
    } finally {
      // Whoever is next takes over the place.
      if (!this.#beginNext()) this.#runs -= 1
    }
  }

  async #turn(name: string, signal: AbortSignal): Promise<void> {
    if (this.#waits >= this.#waiting) this.#makeRoom(name)
    const turn = Promise.withResolvers<void>()
    const waiting: Waiting = { begin: turn.resolve, giveWay: turn.reject }
    const abort = (): void => {
      if (this.#remove(name, waiting)) turn.reject(signal.reason)
    }
    const line = this.#lines.get(name) ?? new Set()
    this.#lines.set(name, line.add(waiting))
    this.#waits += 1
    signal.addEventListener("abort", abort, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener("abort", abort)
    }
  }

  #beginNext(): boolean {
    const [next] = this.#lines
    if (next === undefined) return false
    const [name, line] = next
    const [first] = line
    this.#lines.delete(name)
    this.#lines.set(name, line)
    if (first === undefined) return false
    this.#remove(name, first)
    first.begin()
    return true
  }

  #makeRoom(name: string): void {
    const [longest] = [...this.#lines].sort(([, a], [, b]) => b.size - a.size)
    const own = this.#lines.get(name)?.size ?? 0
    if (longest === undefined || own >= longest[1].size) throw new CrowdedOutError("too many wait")
    const [first] = longest[1]
    if (first === undefined || !this.#remove(longest[0], first)) return
    first.giveWay(new CrowdedOutError("too many wait"))
  }

  #remove(name: string, waiting: Waiting): boolean {
    const line = this.#lines.get(name)
    if (line?.delete(waiting) !== true) return false
    if (line.size === 0) this.#lines.delete(name)
    this.#waits -= 1
    return true
  }
}
