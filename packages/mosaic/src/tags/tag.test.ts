import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex, toHex } from "../bytes.ts"
import { readCoreTag } from "./core-tag.ts"
import { MAX_TAGS_LENGTH, checkTags, encodeTags, parseTags, tagLength } from "./tag.ts"

test("tags read back as they were written", () => {
  fc.assert(
    fc.property(fc.array(arbitrary.tag), (tags) => {
      const bytes = encodeTags(tags)
      expect(parseTags(bytes)).toEqual(tags)
      expect(encodeTags(parseTags(bytes))).toEqual(bytes)
      expect(bytes.length).toBe(tags.reduce((sum, tag) => sum + tagLength(tag), 0))
    }),
  )
})

test("a tag is its length, its type, both little-endian, and its value", () => {
  expect(
    toHex(
      encodeTags([
        { type: 0x8b01, value: fromHex("aabb") },
        { type: 1, value: new Uint8Array(0) },
      ]),
    ),
  ).toBe("0600018baabb04000100")
})

test.each([
  ["a length below 4", "03000100", 0],
  ["a length of zero", "0000010004000100", 0],
  ["a length past the end by one", "0600010001", 0],
  ["a lone byte behind", "0400010004", 4],
  ["three bytes behind", "04000100040001", 4],
  ["a second tag past the end", "0400010005000100", 4],
])("refuses %s", (_, hex, offset) => {
  expect(() => parseTags(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError", reason: "tag length", offset }))
  expect(() => checkTags(fromHex(hex))).toThrow("tag length")
})

test("a section can be as long as its 16 bits say, and no longer", () => {
  const longest = { type: 1, value: new Uint8Array(MAX_TAGS_LENGTH - 4) }
  expect(parseTags(encodeTags([longest]))).toEqual([longest])
  expect(() => encodeTags([longest, { type: 1, value: new Uint8Array(0) }])).toThrow(RangeError)
  expect(() => encodeTags([{ type: 0, value: new Uint8Array(0) }])).toThrow(RangeError)
  expect(() => encodeTags([{ type: 0x1_0000, value: new Uint8Array(0) }])).toThrow(RangeError)
})

test("values are views: nothing is copied", () => {
  const bytes = fromHex("0600018baabb")
  expect(parseTags(bytes)[0]?.value.buffer).toBe(bytes.buffer)
})

test("sections from strangers are refused cleanly or read", () => {
  const valid = ["0600018baabb04000100", "0d00240000000000613a626364", "28000100000000" + "58".repeat(33) + "0400ffff"].map(fromHex)
  expect(feedHostileInput((bytes) => parseTags(bytes).map(readCoreTag), valid)).toBeGreaterThan(1000)
})

test("a section is read in linear time, whether of many tags or one", () => {
  const many = (size: number): Uint8Array => encodeTags(Array.from({ length: size }, () => ({ type: 1, value: Uint8Array.of(1) })))
  expect(growthExponent(800, many, parseTags)).toBeLessThan(1.6)
  expect(growthExponent(800, many, checkTags)).toBeLessThan(1.6)
})
