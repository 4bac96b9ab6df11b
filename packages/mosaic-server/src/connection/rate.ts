import type { Timestamp } from "@tessera/mosaic"

/** Lets `burst` things happen at once and `perSecond` in the long run: a token bucket. A clock that jumps back costs nothing and gives nothing. */
export class Rate {
  readonly #burst: number
  readonly #perSecond: number
  readonly #now: () => Timestamp
  #tokens: number
  #at: Timestamp

  constructor(burst: number, perSecond: number, now: () => Timestamp) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = burst
    this.#at = now()
  }

  /** Takes one; false when there is none left. */
  take(): boolean {
    const now = this.#now()
    const seconds = Math.max(0, Number(now - this.#at) / 1e9)
    this.#at = now
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
