import * as fc from "fast-check"
import { expect, test } from "vitest"
import { BufferLike } from "../test/buffer-like.ts"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { concatBytes, encodeUtf8, fromHex } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"

const { value } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
    fc.uint8Array({ maxLength: 20 }),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger().map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 4 }).map((fields) => new Map(fields)),
  ),
}))

test("a value reads back as it was written", () => {
  fc.assert(
    fc.property(value, (written) => {
      expect(decodeCbor(encodeCbor(written))).toEqual(written)
    }),
  )
})

test.each([
  ["nothing", ""],
  ["two values", "0101"],
  ["a value that is cut off", "4403"],
  ["a number longer than needed", "1801"],
  ["a length longer than needed", "780161"],
  ["bytes of indefinite length", "5f4101ff"],
  ["text of indefinite length", "7f6161ff"],
  ["an array of indefinite length", "9f01ff"],
  ["a map of indefinite length", "bf616101ff"],
  ["a stop without a start", "ff"],
  ["a stop as a map's value", "a16161ff"],
  ["a repeated key", "a2616101616102"],
  ["a repeated key of a map within", "81a2616101616102"],
  ["undefined", "f7"],
  ["not a number", "f97e00"],
  ["infinity", "f97c00"],
  ["a tag", "c001"],
  ["a simple value", "e0"],
  ["text that is not UTF-8", "61ff"],
  ["long text that is not UTF-8", `7828${"61".repeat(39)}ff`],
  ["a surrogate in text", "63eda080"],
  ["an array that says to be of 4 GiB", "9affffffff"],
  ["a map that says to be of 4 GiB", "baffffffff"],
  ["bytes that say to be of 8 EiB", "5b7fffffffffffffff"],
])("refuses %s", (_, hex) => {
  expect(() => decodeCbor(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError", reason: expect.stringMatching(/^CBOR: /) }))
})

test("keeps a byte order mark and a __proto__ as what they are", () => {
  expect(decodeCbor(fromHex("63efbbbf"))).toBe("\ufeff")
  const map = decodeCbor(concatBytes(fromHex("a169"), encodeUtf8("__proto__"), fromHex("a0")))
  expect(map).toEqual(new Map([["__proto__", new Map()]]))
})

test("reads 16 levels and no more, in breadth as in depth", () => {
  const nested = (levels: number, core: string): Uint8Array => fromHex("81".repeat(levels) + core)
  expect(() => decodeCbor(nested(15, "8101"))).not.toThrow()
  expect(() => decodeCbor(nested(16, "8101"))).toThrow(expect.objectContaining({ reason: "CBOR: more than 16 levels" }))
  expect(() => decodeCbor(nested(17, "80"))).toThrow(expect.objectContaining({ reason: "CBOR: more than 16 levels" }))
  expect(() => decodeCbor(nested(1_000_000, "01"))).toThrow(expect.objectContaining({ reason: "CBOR: more than 16 levels" }))
  // Full arrays are left again: what stands beside each other does not add up.
  expect(decodeCbor(fromHex(`97${"818101".repeat(23)}`))).toHaveLength(23)
  expect(decodeCbor(fromHex(`97${"a1616180".repeat(22)}8101`))).toHaveLength(23)
})

test("what is read does not share memory with its input, a Node Buffer neither", () => {
  const input = BufferLike.from(fromHex("43010203"))
  const read = decodeCbor(input)
  input.fill(0)
  expect(read).toEqual(Uint8Array.of(1, 2, 3))
})

test("survives hostile input", () => {
  const valid = fc.sample(value, { numRuns: 100, seed: 1 }).map(encodeCbor)
  expect(feedHostileInput(decodeCbor, valid)).toBeGreaterThan(1000)
})

test.each<readonly [string, (size: number) => unknown]>([
  ["an array", (size) => Array.from({ length: size }, (_, index) => index)],
  ["arrays in an array", (size) => Array.from({ length: size }, () => [[], [[]]])],
  ["a map", (size) => new Map(Array.from({ length: size }, (_, index) => [`key ${index}`, index]))],
  ["text", (size) => "ä".repeat(size * 20)],
])("takes time linear in its input: %s", (_, build) => {
  expect(growthExponent(1500, (size) => encodeCbor(build(size)), decodeCbor)).toBeLessThan(1.6)
})
