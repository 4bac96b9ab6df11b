import { type Bound, END, ITEM_ID_LENGTH, ITEM_KEY_LENGTH, boundBetween, boundKey } from "./bound.ts"
import { fingerprintOf } from "./fingerprint.ts"
import { SUM_WORDS, addId, subtractSum } from "./id-sum.ts"

/** After so many items a sum of all before is kept: of a range at most twice as many are added up, however long it is. */
const BLOCK = 32

/**
 * Items in order, unchanging: by timestamp, then by id. Made by `ItemSetBuilder`. 41 bytes an item; a bound is found in O(log n), the
 * fingerprint of any range in O(1).
 */
export class ItemSet {
  readonly size: number
  /** Each item's timestamp, big-endian, and id, one after the other. */
  readonly #keys: Uint8Array
  readonly #view: DataView
  readonly #sums: Uint32Array

  /** @param keys items as they are sorted, 40 bytes each, strictly ascending. Not to be changed any more. */
  constructor(keys: Uint8Array) {
    this.size = keys.length / ITEM_KEY_LENGTH
    this.#keys = keys
    this.#view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
    this.#sums = this.#sumUp()
  }

  /** The id of an item, a view. */
  id(index: number): Uint8Array {
    return this.#keys.subarray(index * ITEM_KEY_LENGTH + 8, (index + 1) * ITEM_KEY_LENGTH)
  }

  /** The ids of a range, one after the other, as a copy. */
  ids(from: number, to: number): Uint8Array {
    const ids = new Uint8Array((to - from) * ITEM_ID_LENGTH)
    for (let index = from; index < to; index += 1) ids.set(this.id(index), (index - from) * ITEM_ID_LENGTH)
    return ids
  }

  /** The index of the first item from `from` on that is not before the bound; `size` when all are. */
  find(bound: Bound, from = 0): number {
    const key = boundKey(bound)
    let low = from
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isBefore(middle, key)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The shortest bound between the item at `index` and the one before it. Behind the last item it is the end. */
  boundAt(index: number): Bound {
    if (index >= this.size) return END
    if (index <= 0) return { timestamp: 0n, idPrefix: new Uint8Array(0) }
    return boundBetween(this.#key(index - 1), this.#key(index))
  }

  /** The fingerprint of the items from `from` up to, and without, `to`. */
  fingerprint(from: number, to: number): Uint8Array {
    const upper = this.#sumBefore(to)
    return fingerprintOf(subtractSum(upper, 0, this.#sumBefore(from), 0), to - from)
  }

  #key(index: number): Uint8Array {
    return this.#keys.subarray(index * ITEM_KEY_LENGTH, (index + 1) * ITEM_KEY_LENGTH)
  }

  #isBefore(index: number, key: Uint8Array): boolean {
    const start = index * ITEM_KEY_LENGTH
    for (let at = 0; at < ITEM_KEY_LENGTH; at += 1) {
      const difference = (this.#keys[start + at] ?? 0) - (key[at] ?? 0)
      if (difference !== 0) return difference < 0
    }
    return false
  }

  /** The sum of all ids before an index. */
  #sumBefore(index: number): Uint32Array {
    const block = Math.floor(index / BLOCK)
    const sum = this.#sums.slice(block * SUM_WORDS, (block + 1) * SUM_WORDS)
    for (let at = block * BLOCK; at < index; at += 1) addId(sum, 0, this.#view, at * ITEM_KEY_LENGTH + 8)
    return sum
  }

  #sumUp(): Uint32Array {
    const sums = new Uint32Array((Math.floor(this.size / BLOCK) + 1) * SUM_WORDS)
    const running = new Uint32Array(SUM_WORDS)
    for (let index = 0; index < this.size; index += 1) {
      addId(running, 0, this.#view, index * ITEM_KEY_LENGTH + 8)
      if ((index + 1) % BLOCK === 0) sums.set(running, ((index + 1) / BLOCK) * SUM_WORDS)
    }
    return sums
  }
}
