import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { encodeUtf8, fromHex } from "./bytes.ts"
import { DecodeError } from "./errors.ts"
import { decodeZbase32, encodeZbase32 } from "./zbase32.ts"

// The examples of the definition that are whole bytes.
test.each([
  ["f0bfc7", "6n9hq"],
  ["d47a04", "4t7ye"],
  ["", ""],
  ["00", "yy"],
  ["ff", "9h"],
])("%s is %s", (hex, text) => {
  expect(encodeZbase32(fromHex(hex))).toBe(text)
  expect(decodeZbase32(text)).toEqual(fromHex(hex))
})

test("reads back as it was written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(decodeZbase32(encodeZbase32(bytes))).toEqual(bytes)
    }),
  )
})

test.each([
  ["upper case", "YY", 0],
  ["a character outside of the alphabet", "yl", 1],
  ["a character beyond ASCII", "yß", 1],
  ["a bit beyond the last byte", "yb", 1],
  ["a spare character", "yyy", 3],
  ["a lone character", "y", 1],
])("refuses %s", (_, text, offset) => {
  expect(() => decodeZbase32(text)).toThrow(expect.objectContaining({ name: "DecodeError", offset }))
})

test("whatever is accepted encodes to itself", () => {
  const alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from(alphabet), "Y", "l"), maxLength: 30 }), (text) => {
      let bytes: Uint8Array
      try {
        bytes = decodeZbase32(text)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
        return
      }
      expect(encodeZbase32(bytes)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test("text from strangers is refused cleanly or read", () => {
  const valid = ["6n9hq", "hhqf9et11ugpzpsw514zwguss1hm5fiz81ybj4bwpemazymowqby"].map(encodeUtf8)
  expect(feedHostileInput((bytes) => decodeZbase32(String.fromCharCode(...bytes)), valid)).toBeGreaterThan(1000)
})

test("is read and written in linear time", () => {
  expect(growthExponent(20_000, (size) => "yb".repeat(size * 4), decodeZbase32)).toBeLessThan(1.6)
  expect(growthExponent(20_000, (size) => new Uint8Array(size).fill(0x5a), encodeZbase32)).toBeLessThan(1.6)
})
