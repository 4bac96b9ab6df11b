import fc from "fast-check"
import { expect, test } from "vitest"
import { type Entry, Merge, type Run } from "./merge.ts"

class ListRun implements Run {
  readonly #entries: readonly Entry[]
  #next = 0

  constructor(entries: readonly Entry[]) {
    this.#entries = entries
  }

  get head(): Entry | undefined {
    return this.#entries[this.#next]
  }

  advance(): void {
    this.#next += 1
  }
}

test("merges any runs newest first; what shares a position, or comes twice, is one group", () => {
  const sequence = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(fc.array(fc.array(sequence), { maxLength: 12 }), (lists) => {
      // Two sequences share each position, as records of one time whose hashes begin alike would.
      const positionOf = (of: number): number => Math.floor(of / 2)
      const runs = lists.map(
        (list) => new ListRun(list.sort((a, b) => b - a).map((each) => ({ position: Uint8Array.of(positionOf(each)), sequence: each }))),
      )
      const merge = new Merge(runs)
      const groups: number[][] = []
      for (let group = merge.next(); group !== undefined; group = merge.next()) groups.push([...group].sort((a, b) => b - a))
      const all = [...new Set(lists.flat())].sort((a, b) => b - a)
      expect(groups.flat()).toEqual(all)
      expect(groups.map((group) => new Set(group.map(positionOf)).size)).toEqual(groups.map(() => 1))
      expect(groups.length).toBe(new Set(all.map(positionOf)).size)
    }),
    { numRuns: 300 },
  )
})
