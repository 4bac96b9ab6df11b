import { parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { wordlist } from "@scure/bip39/wordlists/english.js"
import { expect, test } from "vitest"
import { seededRandom } from "../vault/testing.ts"
import { safetyWords } from "./card.ts"

const key = (seed: number): ReturnType<typeof publicKeyOf> => publicKeyOf(parseSecretKey(new Uint8Array(32).fill(seed)))

test("safety words are the same on both sides, and others for anybody else", () => {
  const words = safetyWords(key(1), key(2))
  expect(safetyWords(key(2), key(1))).toEqual(words)
  expect(safetyWords(key(1), key(3))).not.toEqual(words)
  // Fixed for ever: two versions of Tessera must show the same words.
  expect(words).toEqual(["mesh", "puzzle", "shadow", "people", "civil", "oxygen"])
})

test("safety words are six words of the list, of all of which use is made", () => {
  const random = seededRandom(1)
  const seen = new Set<number>()
  const one = key(1)
  for (let i = 0; i < 60; i++) {
    const words = safetyWords(one, publicKeyOf(parseSecretKey(random(32))))
    expect(words).toHaveLength(6)
    for (const word of words) seen.add(wordlist.indexOf(word))
  }
  expect(seen.has(-1)).toBe(false)
  // 360 draws from 2,048: around 330 different ones, from all over the list.
  expect(seen.size).toBeGreaterThan(280)
  expect(Math.max(...seen)).toBeGreaterThan(1_900)
  expect(Math.min(...seen)).toBeLessThan(150)
})
