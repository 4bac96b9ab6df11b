const FIRST_MS = 1_000
const LONGEST_MS = 60_000
/** A connection that has lived for so long was a good one: the next failure counts from the start again. */
const GOOD_MS = 60_000

/** How long to wait before the next attempt: 1 second, doubling, at most 60, of which a random half is left out so that many do not come at once. */
export class Backoff {
  readonly #random: () => number
  #failures = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** @param livedMs how long the connection that has just ended was live, in milliseconds; 0 when it never was. */
  next(livedMs: number): number {
    if (livedMs >= GOOD_MS) this.#failures = 0
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures)
    this.#failures += 1
    return Math.round(longest * (0.5 + this.#random() / 2))
  }
}
