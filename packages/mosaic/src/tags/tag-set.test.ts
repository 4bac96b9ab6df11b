import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { equalBytes } from "../bytes.ts"
import type { Tag } from "./tag.ts"
import { shareTag } from "./tag-set.ts"

const pool = fc.sample(arbitrary.tag, { numRuns: 60, seed: 5 })
const lists = fc.oneof(fc.subarray(pool, { maxLength: 4 }), fc.subarray(pool), fc.array(arbitrary.tag, { maxLength: 40 }))

test("finds a shared tag as comparing each with each does, in short lists and in long ones, however often", () => {
  let shared = 0
  fc.assert(
    fc.property(lists, lists, (some, others) => {
      const expected = some.some((tag) => others.some((other) => tag.type === other.type && equalBytes(tag.value, other.value)))
      if (expected) shared += 1
      expect([shareTag(some, others), shareTag(others, some), shareTag(some, others)]).toEqual([expected, expected, expected])
    }),
    { numRuns: 300 },
  )
  expect(shared).toBeGreaterThan(20)
})

test("takes time linear in long lists that share nothing: a filter full of tags against a record full of tags", () => {
  const tags = (size: number, type: number): Tag[] =>
    Array.from({ length: size }, (_, index) => ({ type, value: Uint8Array.of(index & 0xff, index >> 8) }))
  expect(
    growthExponent(
      500,
      (size) => size,
      (size) => shareTag(tags(size, 1), tags(size, 2)),
    ),
  ).toBeLessThan(1.6)
})
