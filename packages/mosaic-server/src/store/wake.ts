/**
 * Wakes those who wait for something to have changed. It carries no data and remembers nothing but a count, so it is as small with a thousand
 * waiting as with none: they look into the store themselves.
 */
export class Wake {
  #version = 0
  readonly #waiting = new Set<() => void>()

  /** Read it before looking, and hand it to {@link Wake.after}: then no change between looking and waiting is missed. */
  get version(): number {
    return this.#version
  }

  /** Something has changed. */
  notify(): void {
    this.#version += 1
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of woken) resolve()
  }

  /** Resolves at the first change after `version`, or when `signal` aborts. */
  async after(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || version !== this.#version) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done)
        this.#waiting.delete(done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener("abort", done, { once: true })
    })
  }
}
