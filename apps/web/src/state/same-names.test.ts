import { expect, test } from "vitest"
import { lookOf, looksOfSeveral } from "./same-names.ts"

test("finds names that look alike", () => {
  const looks = looksOfSeveral([
    { person: "1", label: "Anna" },
    { person: "2", label: "anna\u200b " },
    { person: "3", label: "Zoë" },
    { person: "3", label: "Zoë" },
    { person: "4", label: "Ben" },
    { person: "5", label: "BÉN" },
  ])
  const several = (label: string) => looks.has(lookOf(label))
  expect(several("Anna")).toBe(true)
  expect(several("ANNA")).toBe(true)
  expect(several("Ben")).toBe(true)
  expect(several("Zoë")).toBe(false)
  expect(several("Nobody")).toBe(false)
})
