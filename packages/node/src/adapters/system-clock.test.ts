import { expect, test } from "vitest"
import { systemClock } from "./system-clock.ts"

test("the clock sleeps as long as asked, and wakes with the signal's reason", async () => {
  const before = performance.now()
  await systemClock.sleep(30, new AbortController().signal)
  expect(performance.now() - before).toBeGreaterThanOrEqual(28)
  await systemClock.sleep(0, new AbortController().signal)
  const controller = new AbortController()
  const sleeping = systemClock.sleep(10_000_000_000, controller.signal)
  controller.abort(new Error("enough"))
  await expect(sleeping).rejects.toThrow("enough")
  await expect(systemClock.sleep(1, controller.signal)).rejects.toThrow("enough")
  expect(Math.abs(systemClock.unixMillis() - Date.now())).toBeLessThan(1_000)
})
