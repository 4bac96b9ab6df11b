import { timestampFromUnixMillis } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { createTimestampSource } from "./timestamp-source.ts"
import { quickClock } from "./vault/testing.ts"

test("timestamps grow also when the clock stands still or goes back, and follow it when it goes on", () => {
  const clock = quickClock(1_700_000_000_000)
  const next = createTimestampSource(clock)
  const first = next()
  expect(first).toBe(timestampFromUnixMillis(1_700_000_000_000))
  expect(next()).toBe(first + 1n)
  clock.now -= 1_000_000
  expect(next()).toBe(first + 2n)
  clock.now += 2_000_000
  expect(next()).toBe(timestampFromUnixMillis(clock.now))
  expect(createTimestampSource(quickClock(5), first)()).toBe(first + 1n)
})
