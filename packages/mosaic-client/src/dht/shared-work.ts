interface SharedWorkOptions {
  readonly running: number
  readonly waiting: number
  /** Makes the error for who would be one too many. */
  readonly busy: () => Error
}

interface Job<Value> {
  readonly result: Promise<Value>
  readonly stop: AbortController
  callers: number
}

/** Does work once for all who ask for the same while it runs, a few at a time. Work that nobody waits for any more is stopped. */
export class SharedWork<Value> {
  readonly #options: SharedWorkOptions
  readonly #jobs = new Map<string, Job<Value>>()
  readonly #line: (() => void)[] = []
  #running = 0

  constructor(options: SharedWorkOptions) {
    this.#options = options
  }

  /** What `work` gives for `name`, shared. @throws the signal's reason when it aborts first. */
  async run(name: string, work: (signal: AbortSignal) => Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
    const job = this.#jobs.get(name) ?? this.#begin(name, work)
    job.callers += 1
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener("abort", abort, { once: true })
    try {
      return await Promise.race([job.result, aborted.promise])
    } finally {
      signal?.removeEventListener("abort", abort)
      job.callers -= 1
      if (job.callers === 0) {
        job.stop.abort()
        if (this.#jobs.get(name) === job) this.#jobs.delete(name)
      }
    }
  }

  #begin(name: string, work: (signal: AbortSignal) => Promise<Value>): Job<Value> {
    if (this.#line.length >= this.#options.waiting) throw this.#options.busy()
    const stop = new AbortController()
    const result = this.#inTurn(() => {
      stop.signal.throwIfAborted()
      return work(stop.signal)
    })
    result.catch(() => {})
    const job = { result, stop, callers: 0 }
    this.#jobs.set(name, job)
    return job
  }

  async #inTurn(work: () => Promise<Value>): Promise<Value> {
    if (this.#running >= this.#options.running) await new Promise<void>((resolve) => this.#line.push(resolve))
    else this.#running += 1
    try {
      return await work()
    } finally {
      // Whoever is next takes over the place.
      const next = this.#line.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
