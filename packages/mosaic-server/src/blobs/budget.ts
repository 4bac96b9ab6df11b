import { StorageError } from "../store/port.ts"
import { sealedLength } from "./files/seal.ts"
import type { BlobUsage } from "./port.ts"

const BLOCK_LENGTH = 4096

/** What a blob takes of a disk: whole blocks, so that a million small blobs cannot use up more than a budget for content would let through. */
export const blobCost = (length: number): number => Math.ceil(sealedLength(length) / BLOCK_LENGTH) * BLOCK_LENGTH

/** Room that an upload has taken up and not given back. Disposing of it, more than once too, gives it back. */
export interface Reservation extends Disposable {
  /** Takes up what the first `length` bytes need. @throws {StorageError} `full` when there is no room for them. */
  grow(length: number): void
}

/** What all blobs of a store may take together, with the uploads that have not ended. */
export class BlobBudget {
  readonly #budget: number
  #blobs = 0
  #bytes = 0
  #reserved = 0

  /** @throws {RangeError} when `budget` is no number of bytes. */
  constructor(budget: number) {
    if (!(budget >= 0)) throw new RangeError(`budget: a number of bytes, not ${budget}`)
    this.#budget = budget
  }

  get usage(): BlobUsage {
    return { blobs: this.#blobs, bytes: this.#bytes, reserved: this.#reserved, budget: this.#budget }
  }

  /**
   * Begins an upload of `length` bytes. Room is taken up as they come: whoever announces much and sends nothing takes it from nobody.
   * @throws {StorageError} `full` when there is no room for all of it.
   */
  reserve(length: number): Reservation {
    this.#requireRoom(blobCost(length))
    let held = 0
    let isOver = false
    const hold = (bytes: number): void => {
      this.#reserved += bytes - held
      held = bytes
    }
    return {
      grow: (received) => {
        const cost = blobCost(received)
        if (isOver || cost <= held) return
        this.#requireRoom(cost - held)
        hold(cost)
      },
      [Symbol.dispose]: () => {
        isOver = true
        hold(0)
      },
    }
  }

  /** A blob is there. */
  add(length: number): void {
    this.#blobs += 1
    this.#bytes += blobCost(length)
  }

  /** A blob is gone. */
  drop(length: number): void {
    this.#blobs -= 1
    this.#bytes -= blobCost(length)
  }

  #requireRoom(bytes: number): void {
    if (this.#bytes + this.#reserved + bytes > this.#budget)
      throw new StorageError("full", "The room for blobs is used up. Remove some, or give them more room.")
  }
}

/** @throws {RangeError} when this is no length of a blob: an integer from 0 to 2^48 - 1. */
export function requireBlobLength(length: number): void {
  if (!Number.isInteger(length) || length < 0 || length >= 2 ** 48) throw new RangeError(`length: ${length} is not from 0 to 2^48 - 1`)
}
