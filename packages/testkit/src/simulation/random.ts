import { createHash } from "node:crypto"
import { type Seed, formatSeed } from "./seed.ts"

/**
 * A stream of numbers that its seed and label decide (sfc32). Not for secrets.
 * Each machine and each link has one of its own, so that one more draw here changes nothing there.
 */
export class SeededRandom {
  readonly #seed: Seed
  readonly #label: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: Seed, label: string) {
    this.#seed = seed
    this.#label = label
    const start = createHash("sha256")
      .update(`${formatSeed(seed)} ${label}`)
      .digest()
    this.#a = start.readInt32LE(0)
    this.#b = start.readInt32LE(4)
    this.#c = start.readInt32LE(8)
  }

  /** A stream of its own for a part of what this one is for. */
  fork(label: string): SeededRandom {
    return new SeededRandom(this.#seed, `${this.#label}/${label}`)
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** 0 to less than 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32
  }

  /** A whole number, `low` and `high` included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  /** Whether something happens that does with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** The time until something happens that does every `mean` on average, at any moment alike. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean
  }

  /** @throws {RangeError} for an empty list. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("list: nothing to pick from")
    return list[this.integer(0, list.length - 1)] as T
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() >>> 24)
  }
}
