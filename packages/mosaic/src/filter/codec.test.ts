import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { spacedHex } from "../../test/spaced-hex.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { PROFILE } from "../kinds.ts"
import { parseTimestamp } from "../timestamp.ts"
import { encodeFilter } from "./encode.ts"
import { isNarrow } from "./filter.ts"
import { parseFilter } from "./parse.ts"

const withHeader = (...elements: readonly string[]): Uint8Array => {
  const body = spacedHex(elements.join(""))
  return concatBytes(Uint8Array.of((body.length + 8) & 0xff, (body.length + 8) >> 8, 0, 0, 0, 0, 0, 0), body)
}
const reasonOf = (bytes: Uint8Array): string => {
  try {
    parseFilter(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw error
  }
  return "accepted"
}

test("a filter reads back as it was written", () => {
  fc.assert(
    fc.property(arbitrary.filter, (filter) => {
      expect(parseFilter(encodeFilter(filter))).toEqual(filter)
    }),
  )
})

test("a filter is written as the specification lays it out, kinds big-endian", () => {
  const filter = {
    authors: [new Uint8Array(32).fill(0xaa)],
    kinds: [PROFILE],
    includedTags: [[{ type: 0x24, value: Uint8Array.of(1, 2) }]],
    since: parseTimestamp(5n),
  }
  expect(encodeFilter(filter)).toEqual(
    spacedHex(`
      6000000000000000
      0105000000000000 ${"aa".repeat(32)}
      0302000000000000 000000000002000e
      0502000000000000 0600240001020000
      8002000000000000 0000000000000005
    `),
  )
})

test("an empty filter is its header", () => {
  expect(toHex(encodeFilter({}))).toBe("0800000000000000")
  expect(parseFilter(spacedHex("0800000000000000"))).toEqual({})
})

test.each([
  ["shorter than a header", spacedHex("08000000000000"), "filter length: shorter than its header"],
  ["nothing", new Uint8Array(0), "filter length: shorter than its header"],
  ["a header that says more", spacedHex("1000000000000000"), "filter length: not as its header says"],
  ["trailing bytes", spacedHex("08000000000000000102000000000000"), "filter length: not as its header says"],
  ["a length not divisible by 8", spacedHex("0c0000000000000001010000"), "filter length: not divisible by 8"],
  ["an element of length zero", withHeader("0100000000000000"), "filter element length: zero"],
  ["an element past the end", withHeader("0102000000000000"), "filter element length: past the end"],
  ["an unknown element", withHeader("0601000000000000"), "filter element type: 0x6"],
  ["an unknown wide element", withHeader("8601000000000000"), "filter element type: 0x86"],
  ["authors of a half key", withHeader("0103000000000000", "00".repeat(16)), "filter element size: type 0x1"],
  ["signers of a half key", withHeader("0203000000000000", "00".repeat(16)), "filter element size: type 0x2"],
  ["exclude of a half prefix", withHeader("8403000000000000", "00".repeat(16)), "filter element size: type 0x84"],
  ["since without a time", withHeader("8001000000000000"), "filter element size: type 0x80"],
  ["until of two times", withHeader("8103000000000000", "00".repeat(16)), "filter element size: type 0x81"],
  ["received since without a time", withHeader("8201000000000000"), "filter element size: type 0x82"],
  ["received until without a time", withHeader("8301000000000000"), "filter element size: type 0x83"],
  ["a time whose first bit is set", withHeader("8002000000000000", "8000000000000000"), "timestamp"],
  ["a kind with reserved bits", withHeader("0302000000000000", "0000000000010020"), "reserved kind bits"],
  ["a tag shorter than its header", withHeader("0502000000000000", "0300010000000000"), "tag length: below 4"],
  ["a tag past its element", withHeader("0502000000000000", "0900010000000000"), "tag length: past the end of its element"],
  ["padding that is not zero", withHeader("0502000000000000", "0500010000000001"), "tag padding: not zero"],
  ["a zero length, then something", withHeader("0502000000000000", "0000010000000000"), "tag padding: not zero"],
  ["a lone byte behind a tag", withHeader("8502000000000000", "0700010000000001"), "tag padding: not zero"],
])("refuses %s", (_, bytes, reason) => {
  expect(reasonOf(bytes)).toBe(reason)
})

test.each([
  ["3 bytes", "0500010000000000"],
  ["a whole word", "08000100000000000000000000000000"],
  ["one byte", "0700010000000000"],
])("takes %s of zero padding behind tags", (_, tags) => {
  expect(parseFilter(withHeader(tags.length === 16 ? "0502000000000000" : "0503000000000000", tags)).includedTags?.[0]).toHaveLength(1)
})

test("of a repeated unique element only the first counts, whatever the second holds", () => {
  const first = "8002000000000000 0000000000000001"
  expect(parseFilter(withHeader(first, "8002000000000000", "0000000000000002"))).toEqual({ since: 1n })
  expect(parseFilter(withHeader(first, "8001000000000000"))).toEqual({ since: 1n })
  expect(reasonOf(withHeader(first, "8000000000000000"))).toBe("filter element length: zero")
})

test("repeated tag elements all count", () => {
  const tags = (type: string) => `${type}02000000000000 0800010001020304`
  expect(parseFilter(withHeader(tags("05"), tags("05"))).includedTags).toHaveLength(2)
  expect(parseFilter(withHeader(tags("85"), tags("85"))).excludedTags).toHaveLength(2)
})

test("bytes that are zeroed by the specification are not looked at", () => {
  expect(parseFilter(spacedHex("1800ffffffffffff 8002ffffffffffff 0000000000000001"))).toEqual({ since: 1n })
})

test("an error counts its offset from the start of the filter", () => {
  expect(() => parseFilter(withHeader("8002000000000000", "0000000000000001", "0600000000000000"))).toThrow(
    expect.objectContaining({ offset: 24 }),
  )
})

test.each([
  [{ authors: Array.from({ length: 64 }, () => new Uint8Array(32)) }],
  [{ kinds: Array.from({ length: 255 }, () => PROFILE) }],
  [{ authors: [new Uint8Array(31)] }],
  [{ includedTags: [[{ type: 1, value: new Uint8Array(2029) }]] }],
  [{ includedTags: [[{ type: 0, value: new Uint8Array(4) }]] }],
  [{ includedTags: Array.from({ length: 33 }, () => [{ type: 1, value: new Uint8Array(2000) }]) }],
])("what cannot be written is the caller's fault", (filter) => {
  expect(() => encodeFilter(filter)).toThrow(RangeError)
})

test("the longest lists can be written", () => {
  const authors = Array.from({ length: 63 }, () => new Uint8Array(32))
  const kinds = Array.from({ length: 254 }, () => PROFILE)
  expect(parseFilter(encodeFilter({ authors, kinds }))).toEqual({ authors, kinds })
})

test.each([
  [{}, false],
  [{ since: parseTimestamp(1n), exclude: [], excludedTags: [[]] }, false],
  [{ includedTags: [] }, false],
  [{ authors: [] }, true],
  [{ signers: [] }, true],
  [{ kinds: [PROFILE] }, true],
  [{ timestamps: [] }, true],
  [{ includedTags: [[]] }, true],
])("%o is narrow: %s", (filter, narrow) => {
  expect(isNarrow(filter)).toBe(narrow)
  expect(isNarrow(parseFilter(encodeFilter(filter)))).toBe(narrow)
})

test("survives hostile input", () => {
  const valid = fc.sample(arbitrary.filter, { numRuns: 50, seed: 1 }).map(encodeFilter)
  const repair = (bytes: Uint8Array): void => {
    bytes[0] = bytes.length & 0xff
    bytes[1] = bytes.length >> 8
  }
  expect(feedHostileInput(parseFilter, valid, { repair })).toBeGreaterThan(1000)
})

test("takes time linear in its input", () => {
  const prepare = (size: number): Uint8Array =>
    encodeFilter({
      includedTags: Array.from({ length: size }, () => Array.from({ length: 60 }, () => ({ type: 1, value: new Uint8Array(4) }))),
    })
  expect(growthExponent(4, prepare, parseFilter)).toBeLessThan(1.6)
})
