import type { Timestamp } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { NOON, later } from "../testing/personas.test-suite.ts"
import { Rate } from "./rate.ts"

const takeAll = (rate: Rate): number => {
  let taken = 0
  while (rate.take()) taken += 1
  return taken
}

describe("a rate", () => {
  it("lets a burst through, then so many per second, and never saves up more than a burst", () => {
    let now: Timestamp = NOON
    const rate = new Rate(5_000, 10, () => now)
    expect(takeAll(rate)).toBe(5_000)
    now = later(0.05)
    expect(takeAll(rate)).toBe(0)
    now = later(0.1)
    expect(takeAll(rate)).toBe(1)
    now = later(2.1)
    expect(takeAll(rate)).toBe(20)
    now = later(1_000_000)
    expect(takeAll(rate)).toBe(5_000)
  })

  it("gives and takes nothing when the clock jumps back", () => {
    let now: Timestamp = NOON
    const rate = new Rate(3, 1, () => now)
    expect(rate.take()).toBe(true)
    now = later(-1_000)
    expect(takeAll(rate)).toBe(2)
    now = later(-999)
    expect(takeAll(rate)).toBe(1)
  })
})
