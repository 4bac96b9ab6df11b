import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, fromHex, toHex } from "../bytes.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { parseReference } from "../reference.ts"
import { parseTimestamp } from "../timestamp.ts"
import { readCoreTag } from "./core-tag.ts"
import { encodeTags } from "./tag.ts"
import { expiresTag, expiryOf, reactsToTag, readTesseraTag, retractsTag } from "./tessera-tag.ts"

test("Tessera's tags read back as they were built, also with the four zero bytes of core tags", () => {
  fc.assert(
    fc.property(arbitrary.timestamp, arbitrary.kind, arbitrary.reference, (at, kind, reference) => {
      const cases = [
        [expiresTag(at), { name: "expires", at }],
        [retractsTag(reference), { name: "retracts", reference }],
        [reactsToTag(kind, reference), { name: "reactsTo", kind, reference }],
      ] as const
      for (const [tag, expected] of cases) {
        expect(readTesseraTag(tag)).toEqual(expected)
        expect(readTesseraTag({ type: tag.type, value: concatBytes(new Uint8Array(4), tag.value) })).toEqual(expected)
        expect(readCoreTag(tag)).toBeUndefined()
      }
    }),
  )
})

test("Tessera's tags are laid out as the table says", () => {
  const reference = parseReference(new Uint8Array(48).fill(0x11))
  expect(toHex(encodeTags([expiresTag(parseTimestamp(0x01020304n))]))).toBe("0c00018b0000000001020304")
  expect(toHex(encodeTags([retractsTag(reference)]))).toBe(`3400028b${"11".repeat(48)}`)
  expect(toHex(encodeTags([reactsToTag(MICROBLOG_ROOT, reference)]))).toBe(`3c00038b000000010001001c${"11".repeat(48)}`)
})

test.each([
  ["a time too short", 0x8b01, "00".repeat(7)],
  ["a time too long", 0x8b01, "00".repeat(9)],
  ["a time of another world", 0x8b01, "ff".repeat(8)],
  ["a prefix that is not zero", 0x8b01, "00000001" + "00".repeat(8)],
  ["a reference too short", 0x8b02, "11".repeat(47)],
  ["an address of no possible kind", 0x8b02, "ff".repeat(48)],
  ["no reference", 0x8b03, "000000010001001c"],
  ["a kind with reserved bits", 0x8b03, "000000010001ffff" + "11".repeat(48)],
  ["nothing", 0x8b03, ""],
  ["another type", 0x8b04, "00".repeat(8)],
])("a tag with %s means nothing", (_, type, hex) => {
  expect(readTesseraTag({ type, value: fromHex(hex) })).toBeUndefined()
})

test("of several times the earliest counts; what does not read does not", () => {
  const at = (time: number) => expiresTag(parseTimestamp(BigInt(time)))
  expect(expiryOf([])).toBeUndefined()
  expect(expiryOf([at(5), at(3), at(9), { type: 0x8b01, value: new Uint8Array(7) }])).toBe(3n)
})

test("tags from strangers mean something or nothing, and never stop the reader", () => {
  const reference = parseReference(new Uint8Array(48))
  const tags = [expiresTag(parseTimestamp(1n)), retractsTag(reference), reactsToTag(MICROBLOG_ROOT, reference)]
  let read = 0
  const parse = (bytes: Uint8Array): void => {
    if (readTesseraTag({ type: 0x8b00 + (bytes[0] ?? 0), value: bytes.subarray(1) }) !== undefined) read += 1
  }
  feedHostileInput(
    parse,
    tags.map((tag) => concatBytes(Uint8Array.of(tag.type & 0xff), tag.value)),
  )
  expect(read).toBeGreaterThan(1000)
})
