import { expect, test } from "vitest"
import { looksWhole } from "./card-link.ts"

const card = `tessera:${"ybndrfg8ej".repeat(11)}`

test("knows a whole card however it was copied", () => {
  expect(looksWhole(card)).toBe(true)
  expect(looksWhole(`  ${card.toUpperCase()}\n`)).toBe(true)
  expect(looksWhole(`${card.slice(0, 40)}\n${card.slice(40)}`)).toBe(true)
  expect(looksWhole(`https://example.org/#card=${card}`)).toBe(true)
})

test("waits for the rest of a part", () => {
  expect(looksWhole("")).toBe(false)
  expect(looksWhole("tessera:")).toBe(false)
  expect(looksWhole(card.slice(0, 100))).toBe(false)
  expect(looksWhole(card.slice(8))).toBe(false)
  expect(looksWhole("hello")).toBe(false)
})
