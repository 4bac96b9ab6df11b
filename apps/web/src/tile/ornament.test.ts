import { expect, test } from "vitest"
import { ornament } from "./ornament.ts"

const draw = (key: string) => JSON.stringify(ornament(key))

test("is the same for the same key", () => {
  expect(draw("mopub0anna")).toBe(draw("mopub0anna"))
  expect(ornament("mopub0anna").shapes.length).toBeGreaterThan(0)
})

test("differs between keys that differ in one letter", () => {
  const keys = Array.from({ length: 2_000 }, (_, index) => `mopub0${index.toString(36).padStart(52, "-")}`)
  const drawings = new Set(keys.map(draw))
  expect(drawings.size).toBeGreaterThan(1_995)
  const grounds = new Set(keys.map((key) => ornament(key).ground))
  expect(grounds.size).toBeGreaterThanOrEqual(9)
})

test("stays inside its 8 x 8 units", () => {
  for (let index = 0; index < 200; index++) {
    for (const { path } of ornament(`key ${index}`).shapes) {
      expect(path).toMatch(/^[MLAhvaz0-9. -]+$/)
      for (const number of path.match(/(?<![\d.])\d+(\.\d+)?/g) ?? []) expect(Number(number)).toBeLessThanOrEqual(8)
    }
  }
})
