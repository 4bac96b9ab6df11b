import { describe, expect, test } from "vitest"
import { exactTime, timeAgo } from "./time.ts"

describe("timeAgo", () => {
  const now = new Date(2026, 10, 20, 14, 30).getTime()
  const before = (...parts: [number, number?, number?, number?, number?]) => timeAgo(new Date(2026, ...parts).getTime(), now)

  test("uses as few words as a quick look needs", () => {
    expect(timeAgo(now - 10_000, now)).toBe("just now")
    expect(timeAgo(now + 60_000, now)).toBe("just now")
    expect(timeAgo(now - 60_000, now)).toBe("1 min ago")
    expect(timeAgo(now - 59 * 60_000, now)).toBe("59 min ago")
    expect(before(10, 20, 0, 5)).toBe("14 h ago")
    expect(before(10, 19, 23, 5)).toMatch(/^yesterday, /)
    expect(before(10, 19, 0, 0)).toMatch(/^yesterday, /)
    expect(before(10, 18, 23, 59)).toMatch(/^(18 November|November 18)$/)
    expect(timeAgo(new Date(2025, 0, 2).getTime(), now)).toMatch(/2025$/)
  })

  test("does not say yesterday an hour after midnight for what was just written", () => {
    const night = new Date(2026, 10, 20, 1, 0).getTime()
    expect(timeAgo(night - 2 * 3_600_000, night)).toBe("2 h ago")
  })

  test("names a time that lies ahead", () => {
    expect(timeAgo(now + 86_400_000, now)).toBe(exactTime(now + 86_400_000))
  })
})
