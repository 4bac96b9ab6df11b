import { fromHex, parseSecretKey, publicKeyOf, toHex } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { entropyToMnemonic } from "@scure/bip39"
import { wordlist } from "@scure/bip39/wordlists/english.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import vectors from "../../../../vectors/door-names.json" with { type: "json" }
import { seededRandom } from "../vault/testing.ts"
import { CardError, chooseHints, DOOR_WORDS, doorAddress, doorWords, formatCard, parseIntroduction } from "./card.ts"

const random = seededRandom(44)
const key = fc.integer().map((seed) => publicKeyOf(parseSecretKey(seededRandom(seed)(32))))
const newKey = (): PublicKey => publicKeyOf(parseSecretKey(random(32)))
const door = newKey()
const words = doorWords(door)
const address = doorAddress(door)

/** What is said about a text that cannot be read. */
function refusal(text: string): CardError {
  try {
    parseIntroduction(text)
  } catch (error) {
    if (error instanceof CardError) return error
    throw error
  }
  throw new Error(`read: ${text}`)
}

test.each(vectors)("door-names.json: $address", ({ seed, key: hex, words: text, address: name }) => {
  const vector = publicKeyOf(parseSecretKey(fromHex(seed)))
  expect(toHex(vector)).toBe(hex)
  expect(doorWords(vector).join(" ")).toBe(text)
  expect(doorAddress(vector)).toBe(name)
  expect(parseIntroduction(text)).toEqual({ door: vector, hints: [] })
  expect(parseIntroduction(name)).toEqual({ door: vector, hints: [] })
})

test("every door is named by its words and by its address, and a card is still a card", () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(doorWords(one)).toHaveLength(DOOR_WORDS)
      expect(doorWords(one).join(" ")).toBe(entropyToMnemonic(one, wordlist))
      expect(parseIntroduction(doorWords(one).join(" "))).toEqual({ door: one, hints: [] })
      expect(parseIntroduction(doorAddress(one))).toEqual({ door: one, hints: [] })
      const card = { person: other, door: one, hints: chooseHints(["192.168.1.7"], 12_345) }
      expect(parseIntroduction(formatCard(card))).toEqual(card)
      expect(parseIntroduction(`${doorAddress(other)} ${formatCard(card)}`)).toEqual(card)
    }),
    { numRuns: 50 },
  )
})

describe("24 words", () => {
  test("are read as people type what they hear", () => {
    const ways = [
      words.join(" ").toUpperCase(),
      words.join(", "),
      words.map((word, index) => `${index + 1}. ${word}`).join("\n"),
      words.map((word, index) => `${index + 1}) ${word[0]?.toUpperCase()}${word.slice(1)};`).join(" "),
      `  ${words.join("   ")}\r\n`,
      words.map((word) => word.slice(0, 4)).join(" "),
      words.map((word, index) => word.slice(0, index % 2 === 0 ? 4 : 5)).join("-"),
      `“${words.join(" ")}”.`,
      words.join("\u00a0"),
    ]
    for (const way of ways) expect(parseIntroduction(way), way).toEqual({ door, hints: [] })
  })

  test("of which one is not on the list are refused by that word, its place, and what it may have been", () => {
    const at = words.findIndex((word) => word.length > 5)
    const word = words[at] ?? ""
    const wrong = (token: string) => refusal(words.with(at, token).join(" "))
    expect(wrong(`${word.slice(0, 2)}${word.slice(3)}`).message).toContain(
      `Word ${at + 1}, “${word.slice(0, 2)}${word.slice(3)}”, is not one of`,
    )
    expect(wrong(`${word.slice(0, 2)}${word.slice(3)}`).message).toContain(`“${word}”`)
    expect(wrong(`${word}s`).message).toMatch(new RegExp(`Word ${at + 1}, “${word}s”, is not one of .* Was it “${word}”\\?`))
    expect(wrong("übung")).toMatchObject({ code: "mistyped", message: expect.stringContaining("“übung”") as string })
    expect(wrong("zzzzzzz").message).not.toContain("Was it")
    expect(wrong("q".repeat(500)).message.length).toBeLessThan(200)
  })

  test("are counted", () => {
    expect(refusal(words.slice(1).join(" "))).toMatchObject({
      code: "incomplete",
      message: expect.stringMatching(/23 words.*one is missing/) as string,
    })
    expect(refusal(words.slice(0, 5).join(" ")).message).toMatch(/5 words.*19 are missing/)
    const doubled = words.toSpliced(7, 0, words[7] ?? "").join(" ")
    expect(refusal(doubled)).toMatchObject({
      code: "tooLong",
      message: expect.stringContaining(`Word 9, “${words[7]}”, stands there twice`) as string,
    })
  })

  test("among which another word of the list stands, or two changed places, are refused by the check", () => {
    let passed = 0
    for (let i = 0; i < 500; i++) {
      const [place = 0, high = 0, low = 0] = random(3)
      const other = wordlist[((high << 8) | low) & 0x7ff] ?? ""
      const changed = words.with(place % 24, other)
      if (changed.join() === words.join()) continue
      try {
        parseIntroduction(changed.join(" "))
        passed++
      } catch (error) {
        expect(error).toBeInstanceOf(CardError)
      }
    }
    // Eight bits of check let one in 256 through; then nobody has that door.
    expect(passed).toBeLessThan(8)
    const swapped = [...words.slice(0, 3), words[4], words[3], ...words.slice(5)].join(" ")
    expect(refusal(swapped)).toMatchObject({ code: "mistyped", message: expect.stringMatching(/or two changed places/) as string })
    expect(refusal(swapped).message).toContain(`If words 4 and 5, “${words[4]}” and “${words[3]}”, changed places, it is right`)
  })
})

describe("an address", () => {
  test("is read as people hand it on", () => {
    const bare = address.slice(0, -6)
    const ways = [
      address.toUpperCase(),
      bare,
      `  ${bare.toUpperCase()} `,
      `http://${address}`,
      `https://${address}/path/to?x=1#y`,
      `http://${address}:1320/`,
      `www.${address}`,
      `mosaic://${address}`,
      `Find me at ${address}.`,
      `(${bare})`,
      `${address.slice(0, 30)}\n${address.slice(30)}`,
    ]
    for (const way of ways) expect(parseIntroduction(way), way).toEqual({ door, hints: [] })
    // Addresses that exist, of others than us: the Tor specification's own examples.
    for (const name of [
      "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd",
      "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd",
    ])
      expect(doorAddress(parseIntroduction(`${name}.onion`).door)).toBe(`${name}.onion`)
  })

  test("that is wrong is refused in words that fit", () => {
    const flip = (at: number) => `${address.slice(0, at)}${address[at] === "q" ? "z" : "q"}${address.slice(at + 1)}`
    for (const at of [0, 20, 51]) expect(refusal(flip(at))).toMatchObject({ code: expect.stringMatching(/mistyped|badKey/) as string })
    expect(refusal(flip(20)).message).toContain("wrong character")
    expect(refusal(address.replace(/.\.onion/, "1.onion")).message).toContain("“1” never stands in one")
    expect(refusal(address.slice(1))).toMatchObject({
      code: "incomplete",
      message: expect.stringMatching(/55 characters.*something is missing/) as string,
    })
    expect(refusal(`a${address}`).message).toMatch(/57 characters.*something was added/)
    expect(refusal(address.slice(0, 53)).message).toContain("53 characters")
    expect(refusal("expyuzz4wqqyqhjn.onion").message).toContain("old kind")
    expect(refusal(`${address.slice(0, 55)}e.onion`)).toMatchObject({ code: "mistyped" })
  })
})

test("what is none of all is told what would be one", () => {
  for (const text of [
    "",
    "hello there",
    "Dear friend, how are you today? Write to me soon, please.",
    "https://example.org/#onions",
    "x".repeat(20_000),
  ])
    expect(["notCard", "tooLong"], text).toContain(refusal(text).code)
  expect(refusal("hello").message).toContain("24 words")
})

test("mutated 5,000 times gives nothing but refusals in sentences, or a door", () => {
  const pool = [words.join(" "), address, `http://${address}/`]
  for (let i = 0; i < 5_000; i++) {
    const [which = 0, at = 0, other = 0] = random(3)
    const text = pool[which % pool.length] ?? ""
    const place = (at * 31) % text.length
    const mutated = text.slice(0, place) + "abq27 0ß.\n\ud800"[other % 11] + text.slice(place + (other % 3))
    try {
      expect(parseIntroduction(mutated).door).toHaveLength(32)
    } catch (error) {
      if (!(error instanceof CardError)) throw error
      expect(error.message).toMatch(/^(This|These|There|One|Word) .*\.$/s)
    }
  }
})

test("takes time in proportion to its length, whatever it is", () => {
  for (const piece of ["abandon ", "a", "zoo\n", ".onion", "abcdefg.", "2.", "é ", "abandonn "]) {
    const before = performance.now()
    refusal(piece.repeat(Math.floor(10_000 / piece.length)))
    expect(performance.now() - before, piece).toBeLessThan(250)
  }
})
