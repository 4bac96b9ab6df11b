import { type VerifiedRecord, compareBytes } from "@tessera/mosaic"

/** What has a record in front. */
export interface Headed {
  readonly head: VerifiedRecord
}

/** Keeps the one with the newest record on top: the greater timestamp, then the greater id. An id starts with its timestamp, so ids alone decide. */
export class NewestFirstHeap<Entry extends Headed> {
  readonly #entries: Entry[] = []

  get size(): number {
    return this.#entries.length
  }

  push(entry: Entry): void {
    const entries = this.#entries
    let place = entries.push(entry) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.#isNewer(place, above)) return
      this.#swap(place, above)
      place = above
    }
  }

  /** Takes out the newest. */
  pop(): Entry | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return top
    entries[0] = last
    let place = 0
    for (;;) {
      let newest = place
      for (const below of [2 * place + 1, 2 * place + 2]) if (below < entries.length && this.#isNewer(below, newest)) newest = below
      if (newest === place) return top
      this.#swap(place, newest)
      place = newest
    }
  }

  #isNewer(a: number, b: number): boolean {
    const [first, second] = [this.#entries[a], this.#entries[b]]
    return first !== undefined && second !== undefined && compareBytes(first.head.id, second.head.id) > 0
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#entries[a], this.#entries[b]]
    if (first === undefined || second === undefined) return
    this.#entries[a] = second
    this.#entries[b] = first
  }
}
