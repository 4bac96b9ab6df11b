import { expect, test } from "vitest"
import { growthExponent } from "../../../mosaic/test/growth.ts"
import { scrubLogLine } from "./log-line.ts"

test("no address of any kind is handed on", () => {
  const onion = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad"
  const line = `Nov 25 14:00:01.000 [warn] to 192.0.2.17:9001, [2001:db8::17]:9001, fe80::1, $${"AB12".repeat(10)}~relay, ${onion}.onion and ${onion} failed`
  expect(scrubLogLine(line)).toBe("[warn] to …, …, …, …, … and … failed")
})

test("what is no address stays", () => {
  for (const line of [
    "[notice] Bootstrapped 45% (requesting_descriptors): Asking for relay descriptors",
    "[err] Reading config failed: 0.4.9",
  ])
    expect(scrubLogLine(line)).toBe(line)
})

test("a long line is cut, and does not take long", () => {
  expect(scrubLogLine("x ".repeat(10_000)).length).toBeLessThanOrEqual(500)
  for (const unit of [":", "1.", "a", "A1"])
    expect(
      growthExponent(
        400,
        (size) => unit.repeat(size),
        (line) => scrubLogLine(line),
      ),
    ).toBeLessThan(1.5)
})
