import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../test/arbitrary.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { fromHex, toHex } from "./bytes.ts"
import {
  decodeKind,
  encodeKind,
  isKind,
  kindApplication,
  kindHandling,
  kindIsPrintable,
  kindNumber,
  kindReaders,
  makeKind,
  parseKind,
} from "./kind.ts"
import { BLOG_POST, CHAT_MESSAGE, KEY_SCHEDULE, MICROBLOG_ROOT, PROFILE, REPLY_COMMENT } from "./kinds.ts"

const parts = fc.record({
  application: fc.nat(0xffff_ffff),
  number: fc.nat(0xffff),
  handling: fc.constantFrom("unique", "ephemeral", "replaceable", "versioned"),
  readers: fc.constantFrom("author", "tagged", "everybody"),
  printable: fc.boolean(),
})

test("what a kind is made of is read from it again", () => {
  fc.assert(
    fc.property(parts, (made) => {
      const kind = makeKind(made)
      const read = {
        application: kindApplication(kind),
        number: kindNumber(kind),
        handling: kindHandling(kind),
        readers: kindReaders(kind),
        printable: kindIsPrintable(kind),
      }
      expect(read).toEqual(made)
      expect(isKind(kind)).toBe(true)
    }),
  )
})

test("8 bytes read back as they were written", () => {
  fc.assert(
    fc.property(arbitrary.kind, (kind) => {
      expect(decodeKind(encodeKind(kind))).toBe(kind)
    }),
  )
})

test.each([
  [
    "key schedule",
    KEY_SCHEDULE,
    "000000000001000e",
    { application: 0, number: 1, handling: "replaceable", readers: "everybody", printable: false },
  ],
  ["profile", PROFILE, "000000000002000e", { application: 0, number: 2, handling: "replaceable", readers: "everybody", printable: false }],
  [
    "microblog root",
    MICROBLOG_ROOT,
    "000000010001001c",
    { application: 1, number: 1, handling: "unique", readers: "everybody", printable: true },
  ],
  [
    "reply comment",
    REPLY_COMMENT,
    "000000010002001c",
    { application: 1, number: 2, handling: "unique", readers: "everybody", printable: true },
  ],
  ["blog post", BLOG_POST, "000000010003001c", { application: 1, number: 3, handling: "unique", readers: "everybody", printable: true }],
  [
    "chat message",
    CHAT_MESSAGE,
    "000000010004001c",
    { application: 1, number: 4, handling: "unique", readers: "everybody", printable: true },
  ],
] as const)("the kind %s is as the registry has it", (_, kind, hex, made) => {
  expect(toHex(encodeKind(kind))).toBe(hex)
  expect(makeKind(made)).toBe(kind)
})

test.each(Array.from({ length: 11 }, (_, i) => i + 5))("refuses reserved bit %i", (bit) => {
  expect(() => parseKind(MICROBLOG_ROOT | (1n << BigInt(bit)))).toThrow(
    expect.objectContaining({ name: "DecodeError", reason: "reserved kind bits" }),
  )
})

test("refuses the reserved reading rights and what has no 64 bits", () => {
  expect(() => decodeKind(fromHex("0000000000010008"))).toThrow("reserved kind bits")
  expect(() => decodeKind(fromHex("00000000000100"))).toThrow("8 bytes expected")
  expect(() => parseKind(-1n)).toThrow("64 bits")
  expect(() => parseKind(1n << 64n)).toThrow("64 bits")
  expect(() => makeKind({ application: 2 ** 32, number: 0, handling: "unique", readers: "author" })).toThrow(RangeError)
  expect(() => makeKind({ application: 0, number: 0x1_0000, handling: "unique", readers: "author" })).toThrow(RangeError)
  expect(() => makeKind({ application: 0, number: 0, handling: "other" as "unique", readers: "author" })).toThrow(RangeError)
})

test("bytes from strangers are refused cleanly or read", () => {
  expect(feedHostileInput((bytes) => kindReaders(decodeKind(bytes)), [PROFILE, CHAT_MESSAGE].map(encodeKind))).toBeGreaterThan(1000)
})
