import { describe, expect, it } from "vitest"
import { FairLine } from "./fair-line.ts"

function drain(line: FairLine<string>): string[] {
  const served: string[] = []
  for (let next = line.next(); next !== undefined; next = line.next()) served.push(next)
  return served
}

describe("a fair line", () => {
  it("serves places in turns, and at each place its connections in turns", () => {
    const line = new FairLine<string>()
    for (const [place, connection] of [
      ["a", 1],
      ["a", 2],
      ["a", 3],
      ["b", 4],
    ] as const)
      for (const each of ["x", "y"]) line.add(`${place}${connection}${each}`, place, connection)
    expect(drain(line)).toEqual(["a1x", "b4x", "a2x", "b4y", "a3x", "a1y", "a2y", "a3y"])
    expect(line.isEmpty).toBe(true)
  })

  it("lets the next of another place come second, however many wait at one", () => {
    const line = new FairLine<string>()
    for (let each = 0; each < 10_000; each += 1) line.add(`flood ${each}`, "a", each % 1_000)
    line.add("alone", "b", 5_000)
    expect([line.next(), line.next()]).toEqual(["flood 0", "alone"])
  })

  it("forgets who does not want to wait any more, and keeps nothing of them", () => {
    const line = new FairLine<string>()
    line.add("one", "a", 1)
    line.add("two", "a", 1)
    line.delete("one", "a", 1)
    line.delete("one", "a", 1)
    line.delete("stranger", "b", 1)
    expect(line.next()).toBe("two")
    line.add("three", "a", 1)
    line.delete("three", "a", 1)
    expect(line.isEmpty).toBe(true)
    expect(line.next()).toBeUndefined()
  })

  it("takes as long for each, however many wait", () => {
    const timed = (count: number): number => {
      const line = new FairLine<number>()
      const begun = performance.now()
      for (let each = 0; each < count; each += 1) line.add(each, `place ${each % 100}`, each % 1_000)
      while (line.next() !== undefined);
      return (performance.now() - begun) / count
    }
    timed(2_000)
    expect(timed(100_000)).toBeLessThan(20 * timed(5_000) + 0.01)
  })
})
