import * as fc from "fast-check"
import { DecodeError } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { growthExponent } from "../../../mosaic/test/growth.ts"
import { feedHostileInput } from "../../../mosaic/test/hostile.ts"
import { type Bencoded, ascii, decodeBencode, encodeBencode } from "./bencode.ts"
import { compareDistance, decodeContacts } from "./contact.ts"
import { decodeAnswer, encodeQuery } from "./krpc.ts"

const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
const { value } = fc.letrec<{ value: Bencoded }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    integer,
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[ -~]{0,8}$/u), tie("value"), { maxKeys: 4 }).map((entries) => new Map(Object.entries(entries))),
  ),
}))

test("a value reads back as it was written", () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(decodeBencode(encodeBencode(each))).toEqual(each)
    }),
  )
})

test("dictionaries are written in order", () => {
  const entries: [string, Bencoded][] = [
    ["b", 1n],
    ["a", ascii("x")],
  ]
  expect(encodeBencode(new Map(entries))).toEqual(ascii("d1:a1:x1:bi1ee"))
})

test.each([
  "",
  "i",
  "ie",
  "i-0e",
  "i01e",
  "i1",
  "i123456789012345678901e",
  "3:ab",
  "-1:a",
  "01:a",
  "l",
  "d",
  "d1:a",
  "di1ei2ee",
  "i1ei2e",
  "x",
])("%j is refused", (text) => expect(() => decodeBencode(ascii(text))).toThrow(DecodeError))

test("nesting has an end, and time is linear", () => {
  expect(() => decodeBencode(ascii("l".repeat(60_000)))).toThrow("depth")
  for (const [before, part, after] of [
    ["l", "i1e", "e"],
    ["l", "1:a", "e"],
    ["l", "le", "e"],
    ["d", "1:ai1e", "e"],
    ["i", "1", "e"],
  ] as const) {
    const read = (bytes: Uint8Array): unknown => {
      try {
        return decodeBencode(bytes)
      } catch {
        return undefined
      }
    }
    expect(growthExponent(250, (size) => ascii(before + part.repeat(size) + after), read)).toBeLessThan(1.5)
  }
})

const transaction = ascii("abcdef")
const answer = (values: [string, Bencoded][], type = "r"): Uint8Array =>
  encodeBencode(
    new Map<string, Bencoded>([
      ["t", transaction],
      ["y", ascii(type)],
      ["r", new Map<string, Bencoded>([["id", new Uint8Array(20).fill(9)], ...values])],
      ["e", [301n, ascii("CAS")]],
    ]),
  )

test("an answer is read as far as it is one", () => {
  const nodes = Uint8Array.from([...Array.from({ length: 20 }, () => 1), 203, 0, 113, 1, 0x1a, 0xe1, 7])
  const values: [string, Bencoded][] = [
    ["nodes", nodes],
    ["token", ascii("t")],
    ["v", ascii("S")],
    ["sig", new Uint8Array(64)],
    ["seq", -5n],
  ]
  expect(decodeAnswer(answer(values))).toEqual({
    transaction,
    reply: {
      id: new Uint8Array(20).fill(9),
      contacts: [{ id: nodes.slice(0, 20), host: "203.0.113.1", port: 6881, family: 4 }],
      token: ascii("t"),
      item: { value: ascii("S"), signature: new Uint8Array(64), sequence: -5n },
    },
  })
  expect(decodeAnswer(answer([["token", new Uint8Array(129)]]))).toEqual({
    transaction,
    reply: { id: new Uint8Array(20).fill(9), contacts: [] },
  })
  expect(decodeAnswer(answer([], "e"))).toEqual({ transaction, error: 301 })
  expect(() => decodeAnswer(answer([], "q"))).toThrow("no answer")
  expect(() => decodeAnswer(answer([["id", new Uint8Array(19)]]))).toThrow("node id")
  expect(() => decodeAnswer(encodeQuery(ascii("short"), "ping", new Map()))).toThrow("transaction")
})

test("of named nodes, the first 32 are taken, and none on port 0", () => {
  expect(decodeContacts(new Uint8Array(26 * 1_000).fill(1), 4)).toHaveLength(32)
  expect(decodeContacts(new Uint8Array(38 * 3).fill(0x20), 6).map(({ host }) => host)).toEqual(
    Array.from({ length: 3 }, () => "2020:2020:2020:2020:2020:2020:2020:2020"),
  )
  expect(decodeContacts(new Uint8Array(26), 4)).toEqual([])
})

test("the distance is that of Kademlia", () => {
  const id = (byte: number): Uint8Array => new Uint8Array(20).fill(byte)
  expect(compareDistance(id(4), id(5), id(3))).toBeLessThan(0)
  expect(compareDistance(id(4), id(3), id(5))).toBeGreaterThan(0)
  expect(compareDistance(id(4), id(3), id(3))).toBe(0)
})

test("answers from strangers are refused cleanly or read", () => {
  const valid = [
    answer([
      ["v", ascii("S")],
      ["sig", new Uint8Array(64)],
      ["seq", 3n],
    ]),
    answer([["nodes", new Uint8Array(52).fill(1)]]),
    answer([], "e"),
  ]
  expect(feedHostileInput(decodeAnswer, valid)).toBeGreaterThan(5_000)
})
