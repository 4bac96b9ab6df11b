import { expect, test } from "vitest"
import { backOff } from "./back-off.ts"

test("waits longer each time, within bounds, never in step with others", () => {
  expect(backOff(0, 0)).toBe(200)
  expect(backOff(0, 0.999)).toBeLessThan(400)
  expect(backOff(3, 0)).toBe(1_600)
  for (const failures of [6, 50, 5_000]) {
    expect(backOff(failures, 0)).toBe(4_000)
    expect(backOff(failures, 1)).toBe(8_000)
  }
})
