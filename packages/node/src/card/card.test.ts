import { encodeZbase32, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../vault/testing.ts"
import { CARD_LIMIT, CardError, chooseHints, formatCard, isCard, parseCard } from "./card.ts"
import type { Card } from "./card.ts"
import { cardChecksum } from "./format.ts"
import { encodeHint } from "./hint.ts"
import { HINTS_LIMIT } from "./limits.ts"

const random = seededRandom(21)
const publicKey = (): PublicKey => publicKeyOf(parseSecretKey(random(32)))
const KEYS = Array.from({ length: 6 }, publicKey)

const port = fc.integer({ min: 1, max: 65_535 })
const host = fc.oneof(
  fc.ipV4(),
  fc
    .tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }))
    .map(([a, b]) => `fd00::${a.toString(16)}:${b.toString(16)}`),
  fc.constantFrom("door.example.org", "a", "my-node.local", "xn--bcher-kva.example"),
)
const hints = fc.array(fc.record({ host, port }), { maxLength: 8 }).map((all) => {
  let room = HINTS_LIMIT
  return all.filter((hint) => (room -= encodeHint(hint).length) >= 0)
})
const card: fc.Arbitrary<Card> = fc.record({ person: fc.constantFrom(...KEYS), door: fc.constantFrom(...KEYS), hints })

/** A card over any bytes, with a checksum that fits. */
const sealed = (...body: number[]): string => `tessera:${encodeZbase32(Uint8Array.of(...body, ...cardChecksum(Uint8Array.from(body))))}`
const KEY_BYTES = [...(KEYS[0] ?? []), ...(KEYS[1] ?? [])]

describe("a card", () => {
  test("reads back as it was written, and is never longer than 200 characters", () => {
    fc.assert(
      fc.property(card, (written) => {
        const text = formatCard(written)
        expect(text.length).toBeLessThanOrEqual(CARD_LIMIT)
        expect(text).toMatch(/^tessera:[a-z1-9]+$/)
        expect(parseCard(text)).toEqual(written)
      }),
      { numRuns: 200 },
    )
  })

  test("with the hints of any machine fits, loopback last", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("127.0.0.1")), { maxLength: 12 }), port, (addresses, at) => {
        const chosen = chooseHints(addresses, at)
        expect(chosen.at(-1)).toEqual({ host: "127.0.0.1", port: at })
        expect(chosen.filter(({ host: name }) => name === "127.0.0.1")).toHaveLength(1)
        expect(chosen.length).toBeLessThanOrEqual(4)
        expect(formatCard({ person: publicKey(), door: publicKey(), hints: chosen }).length).toBeLessThanOrEqual(CARD_LIMIT)
      }),
      { numRuns: 100 },
    )
    expect(chooseHints(["192.168.1.7", "10.0.0.3", "fd00::7", "203.0.113.9"], 9).map((hint) => hint.host)).toEqual([
      "192.168.1.7",
      "10.0.0.3",
      "fd00::7",
      "127.0.0.1",
    ])
  })

  test("is read as people hand it on", () => {
    const written: Card = { person: publicKey(), door: publicKey(), hints: chooseHints(["192.168.1.7"], 12_345) }
    const text = formatCard(written)
    const wrapped = `${text.slice(0, 60)}\r\n  ${text.slice(60, 120)}\n${text.slice(120)}`
    const ways = [
      `  ${text}\n`,
      text.toUpperCase(),
      wrapped,
      `> ${wrapped}`,
      `https://example.org/add#card=${text}`,
      `http://127.0.0.1:8080/#card=${encodeURIComponent(text)}&lang=de`,
      `Hello, here is my card: ${text} — see you!`,
      `Here it is (${text}).`,
      `“${text}”`,
      `tessera://${text.slice(8)}`,
      `${text.slice(0, 50)}\u200b${text.slice(50)}\ufeff`,
      `[my card](${text})`,
    ]
    for (const way of ways) expect(parseCard(way), way).toEqual(written)
  })

  test("that cannot be read is refused in words that fit what is wrong", () => {
    const text = formatCard({ person: publicKey(), door: publicKey(), hints: chooseHints(["192.168.1.7"], 12_345) })
    const flipped = `${text.slice(0, 40)}${text[40] === "y" ? "b" : "y"}${text.slice(41)}`
    const cases: readonly (readonly [string, CardError["code"], RegExp])[] = [
      ["", "notCard", /There is no card in this/],
      ["https://example.org", "notCard", /begins with “tessera:”/],
      ["tessera:", "incomplete", /This card is incomplete/],
      [text.slice(0, 60), "incomplete", /This card is incomplete/],
      [text.slice(0, -1), "incomplete", /This card is incomplete/],
      [text.slice(0, -6), "incomplete", /This card is incomplete/],
      [flipped, "mistyped", /wrong or missing character/],
      [text.replace(/.$/, "l"), "mistyped", /“l” never stands in a card/],
      [`${text}ybndrfg8`.repeat(3), "tooLong", /pasted together with it/],
      ["x".repeat(10_001), "tooLong", /far too long/],
      [sealed(2, ...KEY_BYTES, 99, 99), "newerVersion", /newer Tessera.*Update/],
      [sealed(0, ...KEY_BYTES), "mistyped", /wrong or missing/],
      [sealed(1, ...KEY_BYTES, 0x04, 1, 2, 3), "mistyped", /wrong or missing/],
      [sealed(1, ...KEY_BYTES, 0x04, 1, 2, 3, 4, 0, 0), "mistyped", /wrong or missing/],
      [sealed(1, ...KEY_BYTES, 0x01, 1, 0x2f, 0, 80), "mistyped", /wrong or missing/],
      [sealed(1, ...new Array<number>(64).fill(0)), "badKey", /a key that nobody can have/],
      [sealed(1, ...new Array<number>(64).fill(0xff)), "badKey", /a key that nobody can have/],
    ]
    for (const [given, code, sentence] of cases) {
      expect(() => parseCard(given), given).toThrow(sentence)
      expect(() => parseCard(given), given).toThrow(expect.objectContaining({ code }))
      expect(isCard(given)).toBe(false)
    }
    expect(isCard(text)).toBe(true)
  })

  test("mutated 10,000 times gives nothing but typed errors, or exactly what was written", () => {
    const written: Card = { person: publicKey(), door: publicKey(), hints: chooseHints(["192.168.1.7", "fd00::7"], 12_345) }
    const text = formatCard(written)
    let same = 0
    for (let i = 0; i < 10_000; i++) {
      const mutated = mutate(text)
      try {
        const read = parseCard(mutated)
        // Two bytes of checksum let one mutation in 65,536 through; among those of this seed there is none.
        expect(read, mutated).toEqual(written)
        same++
      } catch (error) {
        if (!(error instanceof CardError)) throw error
        expect(error.message).toMatch(/^(This|There) .*\.$/s)
      }
    }
    expect(same).toBeLessThan(3_000)
  })

  test("is refused to be written when it would not fit", () => {
    const keys = { person: publicKey(), door: publicKey() }
    expect(() => formatCard({ ...keys, hints: [{ host: `${"a".repeat(60)}.org`, port: 1 }] })).toThrow(RangeError)
    for (const hint of [
      { host: "a b", port: 1 },
      { host: "bücher.de", port: 1 },
      { host: "1.2.3", port: 1 },
      { host: "ok", port: 0 },
      { host: "ok", port: 65_536 },
      { host: "ok", port: 1.5 },
    ]) {
      expect(() => formatCard({ ...keys, hints: [hint] }), hint.host).toThrow(RangeError)
    }
  })

  test("takes time in proportion to its length, whatever it is", () => {
    for (const piece of ["tessera:", " ", "t", "%3a", "\u200b", "tessera:\n"]) {
      const before = performance.now()
      expect(isCard(piece.repeat(Math.floor(10_000 / piece.length)))).toBe(false)
      expect(performance.now() - before).toBeLessThan(200)
    }
  })
})

function mutate(text: string): string {
  const [kind = 0, a = 0, b = 0] = random(3)
  const at = a % text.length
  const other = "ybndrfg8ejkmcpqxot1uwisza345h769 lv02:#\n\u00df\ud800"[b % 43] ?? "y"
  switch (kind % 5) {
    case 0:
      return text.slice(0, at) + other + text.slice(at + 1)
    case 1:
      return text.slice(0, at)
    case 2:
      return text.slice(0, at) + other.repeat(1 + (b % 5)) + text.slice(at)
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + (b % 9))
    default:
      return text.slice(0, at) + (text[at + 1] ?? "") + (text[at] ?? "") + text.slice(at + 2)
  }
}
