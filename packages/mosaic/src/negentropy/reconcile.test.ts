import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { growthExponent } from "../../test/growth.ts"
import { type Item, answering, finish, reconcileWith, setOf } from "../../test/negentropy.ts"
import { Random } from "../../test/random.ts"
import { toHex } from "../bytes.ts"
import { startInitiator } from "./initiator.ts"
import type { ItemSet } from "./item-set.ts"
import { respond } from "./responder.ts"

/** Ids that share long prefixes and timestamps often: what bounds must tell apart. */
const item: fc.Arbitrary<Item> = fc
  .tuple(
    fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 2n })),
    fc.uint8Array({ minLength: 1, maxLength: 3 }),
    fc.nat({ max: 31 }),
  )
  .map(([timestamp, tail, at]) => {
    const id = new Uint8Array(32).fill(at % 2 === 0 ? 0 : 0xff)
    id.set(tail.subarray(0, 32 - at), at)
    return { timestamp, id }
  })

const keyOf = ({ timestamp, id }: Item): string => `${timestamp} ${toHex(id)}`
const missing = (from: readonly Item[], others: readonly Item[]): string[] => {
  const known = new Set(others.map(keyOf))
  return [...new Map(from.filter((one) => !known.has(keyOf(one))).map((one) => [keyOf(one), toHex(one.id)])).values()].toSorted()
}

/** Random items: `shared` of both, and some of each alone. */
function two(shared: number, mine: number, theirs: number, seed = 7): { mine: Item[]; theirs: Item[] } {
  const random = new Random(seed)
  const make = (): Item => ({ timestamp: BigInt(random.below(1_000_000)), id: random.bytes(32) })
  const all = Array.from({ length: shared }, make)
  return { mine: [...all, ...Array.from({ length: mine }, make)], theirs: [...Array.from({ length: theirs }, make), ...all] }
}

describe("two sets reconcile", () => {
  test("exactly, whatever they hold and however short the messages are", () => {
    const items = fc.array(item, { maxLength: 400, size: "max" })
    fc.assert(
      fc.property(
        items,
        items,
        items,
        fc.constantFrom(4_096, 5_000, 65_536),
        fc.constantFrom(4_096, 65_536),
        (both, a, b, mine, theirs) => {
          // Ids of the same bytes at different times are two items, but one id: keep them apart here.
          const seen = new Set<string>()
          const fresh = (list: readonly Item[]): Item[] => list.filter(({ id }) => seen.size < seen.add(toHex(id)).size)
          const [common, left, right] = [fresh(both), fresh(a), fresh(b)]
          const answer = answering(setOf([...common, ...right]), theirs)
          const result = reconcileWith(setOf([...left, ...common]), answer, { frameLength: mine })
          expect(result.have).toEqual(missing(left, []))
          expect(result.need).toEqual(missing(right, []))
        },
      ),
      { numRuns: 60, endOnFailure: true },
    )
  })

  test.each([
    ["nothing differs", 20_000, 0, 0, 1, 500],
    ["one in a hundred differs", 20_000, 200, 200, 5, 500_000],
    ["all differ", 0, 3_000, 3_000, 8, 600_000],
    ["one is empty", 0, 0, 20_000, 15, 700_000],
    ["the other is empty", 0, 20_000, 0, 1, 2_000],
    ["both are", 0, 0, 0, 1, 100],
  ])("%s", (_, shared, mine, theirs, rounds, bytes) => {
    const sets = two(shared, mine, theirs)
    const result = reconcileWith(setOf(sets.mine), answering(setOf(sets.theirs)))
    expect(result.have).toEqual(missing(sets.mine, sets.theirs))
    expect(result.need).toEqual(missing(sets.theirs, sets.mine))
    expect(result.rounds).toBeLessThanOrEqual(rounds)
    expect(result.bytes).toBeLessThanOrEqual(bytes)
  })

  test("within the frames of both sides", () => {
    const sets = two(5_000, 2_000, 2_000)
    const result = reconcileWith(setOf(sets.mine), answering(setOf(sets.theirs), 4_096), { frameLength: 4_096 })
    expect(result.have).toEqual(missing(sets.mine, sets.theirs))
    expect(result.need).toEqual(missing(sets.theirs, sets.mine))
    expect(result.longest).toBeLessThanOrEqual(4_096)
  })
})

describe("the work grows with the sets and no faster", () => {
  test("making a set in any order, and its fingerprints", () => {
    const prepare = (size: number): Item[] => two(size, 0, 0).mine
    const run = (items: readonly Item[]): void => {
      const set = setOf(items)
      for (let index = 0; index < 1_000; index += 1) set.fingerprint(index % set.size, set.size)
    }
    expect(growthExponent(2_000, prepare, run)).toBeLessThan(1.4)
  })

  test("reconciling sets of which one in a hundred differs", () => {
    const prepare = (size: number): [ItemSet, ItemSet] => {
      const { mine, theirs } = two(size, size / 100, size / 100)
      return [setOf(mine), setOf(theirs)]
    }
    // Both the differences and the rounds that find them grow; memory that no longer fits the processor's cache adds to it on a busy machine.
    expect(growthExponent(2_000, prepare, ([mine, theirs]) => reconcileWith(mine, answering(theirs)))).toBeLessThan(1.5)
  })

  test("taking what all is missing", () => {
    const prepare = (size: number): ItemSet => setOf(two(0, 0, size).theirs)
    expect(growthExponent(2_000, prepare, (theirs) => reconcileWith(setOf([]), answering(theirs)))).toBeLessThan(1.4)
  })

  test("saying that nothing differs does not depend on their size", () => {
    const prepare = (size: number): ItemSet => setOf(two(size, 0, 0).mine)
    const run = (set: ItemSet): void => {
      const { message = new Uint8Array(0) } = startInitiator(set, { frameLength: 65_536, mostNeeded: 0 }).output
      finish(respond(set, message, 65_536))
    }
    expect(growthExponent(2_000, prepare, run)).toBeLessThan(0.7)
  })
})
