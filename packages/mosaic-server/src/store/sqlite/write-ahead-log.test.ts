import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { WriteAheadLog } from "./write-ahead-log.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A database that only counts its checkpoints; the first `busy` of them find a reader in the way. */
function counting(busy = 0) {
  const counts = { checkpoints: 0 }
  const pragma = (): unknown[] => {
    counts.checkpoints += 1
    return [{ busy: counts.checkpoints <= busy ? 1 : 0 }]
  }
  return { log: new WriteAheadLog({ open: true, pragma }), counts }
}

test("a flood of retractions costs one checkpoint a second, and none waits longer", () => {
  const { log, counts } = counting()
  for (let millisecond = 0; millisecond < 5_000; millisecond += 1) {
    for (let flood = 0; flood < 20; flood += 1) log.emptySoon()
    vi.advanceTimersByTime(1)
    expect(counts.checkpoints).toBe(Math.floor((millisecond + 1) / 1_000))
  }
})

test("a log that a reader holds is emptied a second later", () => {
  const { log, counts } = counting(2)
  log.empty()
  vi.advanceTimersByTime(10_000)
  expect(counts.checkpoints).toBe(3)
})
