import { type RecordId, toHex } from "@tessera/mosaic"

/** The ids that came last, at most `capacity` of them. */
export class Seen {
  readonly #capacity: number
  readonly #ids = new Set<string>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Adds an id; false when it is there already. */
  add(id: RecordId): boolean {
    // 16 bytes of the hash tell records apart as well as all of it.
    const key = toHex(id.subarray(8, 24))
    if (this.#ids.has(key)) return false
    this.#ids.add(key)
    if (this.#ids.size > this.#capacity) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest)
        break
      }
    }
    return true
  }
}
