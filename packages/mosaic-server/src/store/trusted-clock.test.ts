import { parseTimestamp } from "@tessera/mosaic"
import fc from "fast-check"
import { expect, test } from "vitest"
import { TrustedClock } from "./trusted-clock.ts"

const SECOND = 1_000_000_000n
const HOUR = 3_600n * SECOND
const START = 1_790_000_000n * SECOND

/** A clock whose wall and whose passing time a test moves; figures are seconds since the start. */
function rig(last = -1n) {
  let wall = START
  let passed = 0
  const clock = new TrustedClock(
    () => parseTimestamp(wall),
    () => passed,
    last,
  )
  return {
    /** Real time passes, and the wall with it. */
    pass: (seconds: number): void => {
      passed += seconds * 1_000
      wall += BigInt(seconds) * SECOND
    },
    jump: (seconds: number): void => {
      wall += BigInt(seconds) * SECOND
    },
    seconds: (): number[] => {
      const { over, trusted } = clock.read()
      return [Number((over - START) / SECOND), Number((trusted - START) / SECOND)]
    },
  }
}

test("goes on as the wall does", () => {
  const { pass, seconds } = rig()
  expect(seconds()).toEqual([0, 0])
  pass(90)
  expect(seconds()).toEqual([90, 90])
  pass(86_400)
  expect(seconds()).toEqual([86_490, 86_490])
})

test("a jump ahead hides and drops nothing, and is forgotten when the wall comes back", () => {
  const { pass, jump, seconds } = rig()
  jump(1_000_000)
  expect(seconds()).toEqual([1_000_000, 0])
  pass(1_800)
  expect(seconds()).toEqual([1_001_800, 1_800])
  jump(-1_000_000)
  expect(seconds()).toEqual([1_800, 1_800])
  jump(1_000_000)
  pass(3_500)
  expect(seconds()).toEqual([1_005_300, 5_300])
})

test("a wall that stands by its jump for an hour is believed: the machine slept", () => {
  const { pass, jump, seconds } = rig()
  jump(28_800)
  expect(seconds()).toEqual([28_800, 0])
  pass(3_599)
  expect(seconds()).toEqual([32_399, 3_599])
  pass(1)
  expect(seconds()).toEqual([32_400, 32_400])
})

test("a wall that jumps again begins its hour anew", () => {
  const { pass, jump, seconds } = rig()
  jump(28_800)
  seconds()
  pass(3_000)
  jump(500)
  expect(seconds()).toEqual([32_300, 3_000])
  pass(3_000)
  expect(seconds()).toEqual([35_300, 6_000])
  pass(600)
  expect(seconds()).toEqual([35_900, 35_900])
})

test("a wall that goes back takes nothing back, and time goes on without it", () => {
  const { pass, jump, seconds } = rig()
  pass(100)
  seconds()
  jump(-1_000)
  expect(seconds()).toEqual([100, 100])
  pass(50)
  expect(seconds()).toEqual([150, 150])
})

test("small corrections are followed ahead at once", () => {
  const { jump, seconds } = rig()
  jump(60)
  expect(seconds()).toEqual([60, 60])
  jump(61)
  expect(seconds()).toEqual([121, 60])
})

test("after a restart the wall is believed when it stands near what was last trusted, else after an hour", () => {
  expect(rig(START - 30n * SECOND).seconds()).toEqual([0, 0])
  const off = rig(START - 24n * HOUR)
  expect(off.seconds()).toEqual([0, -86_400])
  off.pass(3_600)
  expect(off.seconds()).toEqual([3_600, 3_600])
  expect(rig(START + HOUR).seconds()).toEqual([3_600, 3_600])
})

test("never goes back, and hides all that it drops, however the wall jumps", () => {
  const step = fc.record({ passed: fc.integer({ min: 0, max: 4_000 }), jump: fc.integer({ min: -100_000, max: 100_000 }) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { pass, jump, seconds } = rig()
      let last = 0
      for (const { passed, jump: by } of steps) {
        pass(passed)
        jump(by)
        const [over = 0, trusted = 0] = seconds()
        expect(trusted).toBeGreaterThanOrEqual(last + passed)
        expect(over).toBeGreaterThanOrEqual(trusted)
        last = trusted
      }
    }),
  )
})
