import { compareBytes } from "../bytes.ts"
import { INFINITE_TIMESTAMP, ITEM_ID_LENGTH, ITEM_KEY_LENGTH } from "./bound.ts"
import { ItemSet } from "./item-set.ts"

const FIRST_CAPACITY = 64

/** Collects the items of a set, in whatever order; the same item twice counts once. Fastest when they come in order, newest first or oldest first. */
export class ItemSetBuilder {
  #keys = new Uint8Array(FIRST_CAPACITY * ITEM_KEY_LENGTH)
  #size = 0

  /** How many were added, repeated ones included. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds an item.
   * @param timestamp 64 bits, but not all of them ones.
   * @param id 32 bytes.
   * @throws {RangeError} for anything else.
   */
  add(timestamp: bigint, id: Uint8Array): void {
    if (timestamp < 0n || timestamp >= INFINITE_TIMESTAMP) throw new RangeError(`timestamp: ${timestamp}`)
    if (id.length !== ITEM_ID_LENGTH) throw new RangeError(`id: ${id.length} bytes, ${ITEM_ID_LENGTH} expected`)
    const at = this.#grow()
    new DataView(this.#keys.buffer).setBigUint64(at, timestamp)
    this.#keys.set(id, at + 8)
  }

  /** Adds a Mosaic record by its id, of which the first 32 bytes are the item and the first 8 its timestamp. @throws {RangeError} for fewer than 32 bytes. */
  addRecord(id: Uint8Array): void {
    if (id.length < ITEM_ID_LENGTH) throw new RangeError(`id: ${id.length} bytes, at least ${ITEM_ID_LENGTH} expected`)
    const at = this.#grow()
    this.#keys.set(id.subarray(0, 8), at)
    this.#keys.set(id.subarray(0, ITEM_ID_LENGTH), at + 8)
  }

  /** The set. The builder is empty then. */
  finish(): ItemSet {
    const keys = this.#inOrder()
    this.#keys = new Uint8Array(FIRST_CAPACITY * ITEM_KEY_LENGTH)
    this.#size = 0
    return new ItemSet(keys)
  }

  #inOrder(): Uint8Array {
    const order = this.#order()
    if (order === "ascending") return this.#keys.slice(0, this.#size * ITEM_KEY_LENGTH)
    const indexes = Uint32Array.from({ length: this.#size }, (_, index) => (order === "descending" ? this.#size - 1 - index : index))
    if (order === "none") indexes.sort((a, b) => compareBytes(this.#key(a), this.#key(b)))
    return this.#distinct(indexes)
  }

  #distinct(indexes: Uint32Array): Uint8Array {
    const keys = new Uint8Array(this.#size * ITEM_KEY_LENGTH)
    let length = 0
    let last: Uint8Array | undefined
    for (const index of indexes) {
      const key = this.#key(index)
      if (last !== undefined && compareBytes(last, key) === 0) continue
      keys.set(key, length)
      length += ITEM_KEY_LENGTH
      last = key
    }
    return length === keys.length ? keys : keys.slice(0, length)
  }

  #order(): "ascending" | "descending" | "none" {
    let ascends = true
    let descends = true
    for (let index = 1; index < this.#size && (ascends || descends); index += 1) {
      const difference = compareBytes(this.#key(index), this.#key(index - 1))
      ascends &&= difference > 0
      descends &&= difference < 0
    }
    if (ascends) return "ascending"
    return descends ? "descending" : "none"
  }

  #key(index: number): Uint8Array {
    return this.#keys.subarray(index * ITEM_KEY_LENGTH, (index + 1) * ITEM_KEY_LENGTH)
  }

  #grow(): number {
    const at = this.#size * ITEM_KEY_LENGTH
    if (at === this.#keys.length) {
      const larger = new Uint8Array(2 * this.#keys.length)
      larger.set(this.#keys)
      this.#keys = larger
    }
    this.#size += 1
    return at
  }
}
