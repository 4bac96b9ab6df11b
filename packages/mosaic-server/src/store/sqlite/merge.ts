import { compareBytes } from "@tessera/mosaic"

/** What an index says of one record. */
export interface Entry {
  readonly position: Uint8Array
  readonly sequence: number
}

/** A run through an index, newest first, as far as it has been read. */
export interface Run {
  /** The entry at the head; `undefined` at the end. */
  readonly head: Entry | undefined
  advance(): void
}

/**
 * Merges runs newest first, in a binary heap: the cost of an entry grows with the logarithm of their number. What several runs yield, and what shares
 * one position, comes out as one group.
 */
export class Merge {
  readonly #heap: Run[] = []

  constructor(runs: readonly Run[]) {
    for (const run of runs) {
      if (run.head !== undefined) this.#heap.push(run)
    }
    for (let index = (this.#heap.length >>> 1) - 1; index >= 0; index -= 1) this.#sink(index)
  }

  /** The sequences of the newest position that is left, each once; `undefined` at the end. */
  next(): ReadonlySet<number> | undefined {
    const position = this.#heap[0]?.head?.position
    if (position === undefined) return undefined
    const group = new Set<number>()
    for (let top = this.#heap[0]; top?.head !== undefined && compareBytes(top.head.position, position) === 0; top = this.#heap[0]) {
      group.add(top.head.sequence)
      top.advance()
      if (top.head === undefined) this.#drop()
      this.#sink(0)
    }
    return group
  }

  #drop(): void {
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) this.#heap[0] = last
  }

  #sink(start: number): void {
    let index = start
    for (;;) {
      const left = 2 * index + 1
      const child = this.#isNewer(left + 1, left) ? left + 1 : left
      if (!this.#isNewer(child, index)) return
      const [above, below] = [this.#heap[index], this.#heap[child]]
      if (above === undefined || below === undefined) return
      this.#heap[index] = below
      this.#heap[child] = above
      index = child
    }
  }

  #isNewer(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a]?.head, this.#heap[b]?.head]
    return first !== undefined && (second === undefined || compareBytes(first.position, second.position) > 0)
  }
}
