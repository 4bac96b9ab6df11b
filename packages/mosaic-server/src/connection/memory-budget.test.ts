import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { MemoryBudget } from "./memory-budget.ts"

describe("the memory that all connections share", () => {
  it("lets go of whoever holds the most, and of nobody else", () => {
    const budget = new MemoryBudget(100)
    const ended: string[] = []
    const [ann, bob, cat] = ["ann", "bob", "cat"].map((name) => budget.open(() => ended.push(name)))
    ann?.add(30)
    bob?.add(45)
    cat?.add(25)
    expect([ended, budget.held]).toEqual([[], 100])
    ann?.add(1)
    expect([ended, budget.held]).toEqual([["bob"], 56])
    // What the connection that is ending gives back was given back already.
    bob?.add(-45)
    expect(budget.held).toBe(56)
  })

  it("never holds more than it may, and always what those have who are left", () => {
    const step = fc.record({ who: fc.nat(9), bytes: fc.integer({ min: -50, max: 60 }), leaves: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = new MemoryBudget(200)
        const shares = Array.from({ length: 10 }, (_, index) => ({ held: 0, isIn: true, share: budget.open(() => drop(index)) }))
        const drop = (index: number): void => {
          const entry = shares[index]
          if (entry !== undefined) entry.isIn = false
        }
        for (const { who, bytes, leaves } of steps) {
          const entry = shares[who]
          if (entry === undefined || !entry.isIn) continue
          const delta = Math.max(bytes, -entry.held)
          entry.held += delta
          entry.share.add(delta)
          if (leaves && entry.isIn) {
            entry.isIn = false
            budget.close(entry.share)
          }
          expect(budget.held).toBe(shares.reduce((sum, { isIn, held }) => sum + (isIn ? held : 0), 0))
          expect(budget.held).toBeLessThanOrEqual(200)
        }
      }),
    )
  })
})
