import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { compareBytes, concatBytes, copyBytes, decodeUtf8, encodeUtf8, equalBytes, fromHex, plainBytes, toHex } from "./bytes.ts"
import { DecodeError } from "./errors.ts"

/** What Node's Buffer does. */
class ViewingBytes extends Uint8Array {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end)
  }
}

test("hexadecimal reads back as it was written", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
    }),
  )
  expect(fromHex("00fFAb")).toEqual(Uint8Array.of(0, 255, 171))
})

test.each([
  ["abc", 3],
  ["0g", 1],
  ["00 0", 2],
  ["é0", 0],
  ["0x", 1],
])("refuses the hexadecimal %j at %i", (text, offset) => {
  expect(() => fromHex(text)).toThrow(expect.objectContaining({ name: "DecodeError", offset }))
})

test("UTF-8 reads back as it was written, a byte order mark too", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeUtf8(encodeUtf8(text))).toBe(text.toWellFormed())
    }),
  )
  expect(decodeUtf8(encodeUtf8("\ufeffa"))).toBe("\ufeffa")
})

test.each(["ff", "c080", "eda080", "f4908080", "e282"])("refuses %s, which is not UTF-8", (hex) => {
  expect(() => decodeUtf8(fromHex(hex))).toThrow(DecodeError)
})

test("comparing agrees with the order of hexadecimal text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      const [left, right] = [toHex(a), toHex(b)]
      expect(Math.sign(compareBytes(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0)
      expect(equalBytes(a, b)).toBe(left === right)
    }),
  )
})

test("joining keeps all bytes in order", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (parts) => {
      expect(toHex(concatBytes(...parts))).toBe(parts.map(toHex).join(""))
    }),
  )
})

test("a copy is a copy, also of bytes whose slice is a view", () => {
  const original = ViewingBytes.of(1, 2, 3) as Uint8Array
  const copy = copyBytes(original, 1)
  original.fill(0)
  expect(copy).toEqual(Uint8Array.of(2, 3))
  expect(plainBytes(original).constructor).toBe(Uint8Array)
})

test("text from strangers is refused cleanly or read", () => {
  const valid = ["é€😀", "plain", "\ufeff"].map(encodeUtf8)
  expect(feedHostileInput(decodeUtf8, valid)).toBeGreaterThan(1000)
  expect(feedHostileInput((bytes) => fromHex(String.fromCharCode(...bytes)), ["00ff", "abcdef0123"].map(encodeUtf8))).toBeGreaterThan(1000)
})

test("hexadecimal and UTF-8 are read in linear time", () => {
  expect(growthExponent(20_000, (size) => "5a".repeat(size), fromHex)).toBeLessThan(1.6)
  expect(growthExponent(20_000, (size) => new Uint8Array(size).fill(0x41), toHex)).toBeLessThan(1.6)
  expect(growthExponent(20_000, (size) => encodeUtf8("é".repeat(size)), decodeUtf8)).toBeLessThan(1.6)
})
