/** Something that is to happen; `cancel` is harmless at any time. */
export interface VirtualTimer {
  cancel(): void
}

interface Entry {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/** Time that moves only when it is told to. What is due at the same instant happens in the order in which it was asked for. */
export class VirtualTime {
  readonly #heap: Entry[] = []
  #now = 0
  #order = 0

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now
  }

  /** Has `run` called once, `delay` milliseconds (0 or more) from now. */
  schedule(delay: number, run: () => void): VirtualTimer {
    const wait = Number.isFinite(delay) && delay > 0 ? delay : 0
    const entry: Entry = { at: this.#now + wait, order: this.#order, run }
    this.#order += 1
    this.#push(entry)
    return { cancel: () => void (entry.run = undefined) }
  }

  /** Moves to what is due next and lets it happen. `false` when nothing is. */
  fireNext(): boolean {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const { run } = entry
      if (run === undefined) continue
      this.#now = entry.at
      entry.run = undefined
      run()
      return true
    }
    return false
  }

  #push(entry: Entry): void {
    let index = this.#heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >>> 1
      if (!isBefore(this.#at(index), this.#at(parent))) break
      this.#swap(index, parent)
      index = parent
    }
  }

  #pop(): Entry | undefined {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    this.#heap[0] = last
    for (let index = 0; ;) {
      const left = 2 * index + 1
      if (left >= this.#heap.length) break
      const right = left + 1
      const child = right < this.#heap.length && isBefore(this.#at(right), this.#at(left)) ? right : left
      if (!isBefore(this.#at(child), this.#at(index))) break
      this.#swap(index, child)
      index = child
    }
    return first
  }

  #at(index: number): Entry {
    return this.#heap[index] as Entry
  }

  #swap(one: number, other: number): void {
    const kept = this.#at(one)
    this.#heap[one] = this.#at(other)
    this.#heap[other] = kept
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
