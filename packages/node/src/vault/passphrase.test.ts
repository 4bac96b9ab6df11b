import { wordlist } from "@scure/bip39/wordlists/english.js"
import { describe, expect, test } from "vitest"
import { seededRandom } from "./testing.ts"
import { PASSPHRASE_FILE_LIMIT, PassphraseFileError, passphraseTrouble, readPassphraseFile, suggestPassphrase } from "./vault.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe("a passphrase file", () => {
  test("holds the passphrase in its first line, without the line break", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["secret", "secret"],
      ["secret\n", "secret"],
      ["secret\r\n", "secret"],
      ["two words \n", "two words "],
      ["first\nsecond\n", "first"],
      ["\ufeffwith a mark\n", "with a mark"],
      ["Grüße 🌍\n", "Grüße 🌍"],
      [`${"x".repeat(1_000)}\n`, "x".repeat(1_000)],
    ]
    for (const [contents, passphrase] of cases) expect(readPassphraseFile(bytes(contents))).toBe(passphrase)
  })

  test("that cannot be used is refused with a sentence", () => {
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [bytes(""), /first line of the passphrase file is empty\. Put/],
      [bytes("\nsecond"), /first line of the passphrase file is empty/],
      [bytes("   \n"), /is no passphrase\. The passphrase is empty/],
      [bytes("tab\there"), /is no passphrase.*cannot be typed/],
      [bytes("nul\0"), /cannot be typed/],
      [bytes("x".repeat(2_000)), /too long/],
      [Uint8Array.of(0x61, 0xff, 0x62), /not text in UTF-8\. Save it/],
      [Uint8Array.of(0xc3), /not text in UTF-8/],
      [Uint8Array.of(0xed, 0xa0, 0x80), /not text in UTF-8/],
      [new Uint8Array(PASSPHRASE_FILE_LIMIT + 1).fill(0x61), /larger than 4,096 bytes/],
    ]
    for (const [contents, sentence] of cases) {
      expect(() => readPassphraseFile(contents)).toThrow(sentence)
      expect(() => readPassphraseFile(contents)).toThrow(PassphraseFileError)
    }
  })

  test("may be as long as the bound, when its first line is short", () => {
    const contents = new Uint8Array(PASSPHRASE_FILE_LIMIT).fill(0x61)
    contents[5] = 0x0a
    expect(readPassphraseFile(contents)).toBe("aaaaa")
  })
})

test("what cannot be a passphrase is said in a sentence, and what can is let through", () => {
  for (const good of ["a", "correct horse", "密码", " spaces count ", "🌍🌍"]) expect(passphraseTrouble(good)).toBeUndefined()
  for (const bad of ["", " \u3000", "\ud800", "line\nbreak", "x".repeat(1_025), "ü".repeat(513)])
    expect(passphraseTrouble(bad)).toMatch(/^The passphrase .*\. .*\.$/)
})

test("suggestions are five words of the list, each word as often as any other", () => {
  const random = seededRandom(4)
  const count = new Map<string, number>()
  const draws = 8_000
  for (let i = 0; i < draws; i++) {
    const words = suggestPassphrase(random)
    expect(words).toHaveLength(5)
    for (const word of words) count.set(word, (count.get(word) ?? 0) + 1)
  }
  expect([...count.keys()].every((word) => wordlist.includes(word))).toBe(true)
  const expected = (5 * draws) / wordlist.length
  const chiSquared = wordlist.reduce((sum, word) => sum + ((count.get(word) ?? 0) - expected) ** 2 / expected, 0)
  // 2,047 degrees of freedom: mean 2,047, standard deviation 64. A list cut to 1,900 words would give more than 5,000.
  expect(chiSquared).toBeGreaterThan(1_700)
  expect(chiSquared).toBeLessThan(2_400)
})
