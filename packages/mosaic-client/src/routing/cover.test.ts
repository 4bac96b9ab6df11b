import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cover } from "./cover.ts"

describe("cover", () => {
  it("takes the set that helps most, the least rank among equals", () => {
    const chosen = cover([[0, 1], [1], [2, 1], [0, 2]], [1, 1, 1, 1], [0, 1, 2])
    expect([...chosen]).toEqual([
      [1, [0, 1, 2]],
      [0, [3]],
    ])
    expect([...cover([[0, 1]], [1], [5, 2]).keys()]).toEqual([1])
  })

  it("gives each item as many sets as it needs and has, and chooses none in vain", () => {
    const items = fc.array(fc.tuple(fc.uniqueArray(fc.nat(6), { maxLength: 4 }), fc.integer({ min: 0, max: 3 })), { maxLength: 12 })
    fc.assert(
      fc.property(items, (given) => {
        const memberships = given.map(([sets]) => sets)
        const needs = given.map(([, need]) => need)
        const chosen = cover(memberships, [...needs], [3, 1, 4, 0, 5, 2, 6])
        memberships.forEach((sets, item) => {
          const by = [...chosen].filter(([, helped]) => helped.includes(item)).map(([set]) => set)
          expect(by).toHaveLength(Math.min(needs[item] ?? 0, sets.length))
          for (const set of by) expect(sets).toContain(set)
        })
        for (const helped of chosen.values()) expect(helped.length).toBeGreaterThan(0)
      }),
    )
  })
})
