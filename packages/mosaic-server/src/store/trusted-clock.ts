import type { Timestamp } from "@tessera/mosaic"

/** How far the clock of the wall may be ahead of the time that has really passed, and be followed at once: a minute, in nanoseconds. */
const TOLERANCE = 60_000_000_000n
/** How long a clock that has jumped ahead must stand by it before it is believed: an hour, in milliseconds. */
const SETTLE_MILLISECONDS = 3_600_000

/** What a clock says. */
export interface Moment {
  /** The clock of the wall, wherever it has jumped to. */
  readonly now: bigint
  /** What expires up to here is over: not served, not taken. A clock that was wrong shows it again when it is put right. */
  readonly over: bigint
  /** What expires up to here is dropped, for good. */
  readonly trusted: bigint
}

/**
 * The time by which records expire. To hide a record can be taken back, so the clock of the wall decides it; to drop one cannot, so that needs a time
 * that never goes back and follows no jump: it grows with the time that has really passed, and takes over a clock that is further ahead (a machine that
 * slept or was switched off, a clock that was put right) only after an hour in which it went on evenly.
 */
export class TrustedClock {
  readonly #now: () => Timestamp
  readonly #elapsed: () => number
  #trusted: bigint
  #at: number
  /** By how much the wall is ahead of `elapsed`, and since when it has said so. */
  #claim: { readonly offset: bigint; readonly since: number } | undefined

  /**
   * @param elapsed milliseconds that have really passed, from any start; it never goes back.
   * @param last what was trusted when the store was last written; below zero when it never was, and the wall is all there is.
   */
  constructor(now: () => Timestamp, elapsed: () => number, last: bigint) {
    this.#now = now
    this.#elapsed = elapsed
    this.#trusted = last < 0n ? now() : last
    this.#at = elapsed()
  }

  read(): Moment {
    const now = this.#now()
    const at = this.#elapsed()
    const grown = this.#trusted + nanoseconds(at - this.#at)
    this.#at = at
    this.#trusted = now - grown > TOLERANCE ? this.#doubt(now, at, grown) : this.#follow(now, grown)
    return { now, over: now > this.#trusted ? now : this.#trusted, trusted: this.#trusted }
  }

  #follow(now: bigint, grown: bigint): bigint {
    this.#claim = undefined
    return now > grown ? now : grown
  }

  #doubt(now: bigint, at: number, grown: bigint): bigint {
    const offset = now - nanoseconds(at)
    if (this.#claim === undefined || distance(offset, this.#claim.offset) > TOLERANCE) this.#claim = { offset, since: at }
    return at - this.#claim.since >= SETTLE_MILLISECONDS ? this.#follow(now, grown) : grown
  }
}

const nanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1e6))

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a)
