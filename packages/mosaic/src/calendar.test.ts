import * as fc from "fast-check"
import { expect, test } from "vitest"
import { formatDay, formatTimeOfDay } from "./calendar.ts"

test("days and times are those of the calendar", () => {
  fc.assert(
    fc.property(fc.nat(106_751), fc.nat(86_399), (day, second) => {
      expect(`${formatDay(day)}T${formatTimeOfDay(second)}.000Z`).toBe(new Date((day * 86_400 + second) * 1000).toISOString())
    }),
    { numRuns: 3000 },
  )
})

test.each([
  [0, "1970-01-01"],
  [59, "1970-03-01"],
  [11_016, "2000-02-29"],
  [11_017, "2000-03-01"],
  [47_540, "2100-02-28"],
  [47_541, "2100-03-01"],
])("day %i is %s", (day, text) => {
  expect(formatDay(day)).toBe(text)
})
