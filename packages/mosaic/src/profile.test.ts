import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { master, masterSecret, secretOf } from "../test/subkeys.ts"
import { picture } from "../test/webp.ts"
import { encodeUtf8, fromHex, toHex } from "./bytes.ts"
import { encodeCbor } from "./cbor.ts"
import { MICROBLOG_ROOT, PROFILE } from "./kinds.ts"
import { nonceFromText } from "./nonce.ts"
import { decodeProfile, encodeProfile, isProfileName, readProfile } from "./profile.ts"
import type { Profile } from "./profile.ts"
import { buildRecord } from "./record/build.ts"
import type { RecordParts } from "./record/build.ts"
import { parseTimestamp } from "./timestamp.ts"

const upTo = (max: number) => fc.integer({ min: 1, max })
const text = fc.string({ unit: "grapheme" })
const profile = fc.record(
  {
    name: fc.string({ unit: "grapheme-ascii", minLength: 1 }),
    display_name: text,
    about: text,
    avatar: fc.tuple(upTo(320), upTo(320)).map(([width, height]) => picture(width, height)),
    website: text,
    banner: fc.tuple(upTo(1280), upTo(720)).map(([width, height]) => picture(width, height)),
    org: fc.boolean(),
    bot: fc.boolean(),
    lud16: text,
    pronouns: text,
    lucky_numbers: fc.array(fc.integer()),
    links_2: fc.array(fc.tuple(text, text)).map((entries) => new Map(entries)),
  },
  { requiredKeys: ["name"], noNullPrototype: true },
)

test("a profile reads back as it was written, with fields that nobody has defined", () => {
  fc.assert(
    fc.property(profile, (written) => {
      expect(decodeProfile(encodeProfile(written))).toEqual(written)
    }),
  )
})

test("is a CBOR map", () => {
  expect(toHex(encodeProfile({ name: "al", org: true }))).toBe("a2636f7267f5646e616d6562616c")
})

test("fields that are undefined are left out", () => {
  // @ts-expect-error the types say so as well; callers without types exist.
  expect(decodeProfile(encodeProfile({ name: "al", about: undefined }))).toEqual({ name: "al" })
})

const name = "al"
const fields = (entries: Record<string, unknown>): Uint8Array => encodeCbor(new Map(Object.entries(entries)))
const CASES: readonly (readonly [string, Uint8Array, string])[] = [
  ["what is no CBOR", fromHex("ff"), "CBOR: "],
  ["text", encodeCbor("al"), "profile: not a map"],
  ["an array", encodeCbor([]), "profile: not a map"],
  [
    "a number as a field's name",
    encodeCbor(
      new Map<unknown, unknown>([
        ["name", "al"],
        [1, 2],
      ]),
    ),
    "profile: a field's name is not text",
  ],
  ["no name", fields({ display_name: "al" }), "profile: no name"],
  ["an empty map", fields({}), "profile: no name"],
  ["an empty name", fields({ name: "" }), "profile: name is not typeable ASCII"],
  ["a name beyond ASCII", fields({ name: "Zoë" }), "profile: name is not typeable ASCII"],
  ["a name of several lines", fields({ name: "al\n" }), "profile: name is not typeable ASCII"],
  ["a name with a control character", fields({ name: "a\x7fl" }), "profile: name is not typeable ASCII"],
  ["a name of bytes", fields({ name: encodeUtf8("al") }), "profile: name is not text"],
  ["no name but null", fields({ name: null }), "profile: name is not text"],
  ["a display name of a number", fields({ name, display_name: 1 }), "profile: display_name is not text"],
  ["an about of null", fields({ name, about: null }), "profile: about is not text"],
  ["a website of an array", fields({ name, website: ["a"] }), "profile: website is not text"],
  ["a payment address of bytes", fields({ name, lud16: new Uint8Array(1) }), "profile: lud16 is not text"],
  ["an organisation of 1", fields({ name, org: 1 }), "profile: org is not a boolean"],
  ["a program of text", fields({ name, bot: "true" }), "profile: bot is not a boolean"],
  ["an avatar of text", fields({ name, avatar: "data:" }), "profile: avatar is not bytes"],
  ["a banner of text", fields({ name, banner: "data:" }), "profile: banner is not bytes"],
  ["an empty avatar", fields({ name, avatar: new Uint8Array(0) }), "profile: avatar: WebP: not a WebP file"],
  ["an avatar that is no WebP", fields({ name, avatar: encodeUtf8("GIF89a".padEnd(40)) }), "profile: avatar: WebP: not a WebP file"],
  ["an avatar that is too wide", fields({ name, avatar: picture(321, 320) }), "profile: avatar of 321 x 320 pixels, at most 320 x 320"],
  ["an avatar that is too high", fields({ name, avatar: picture(320, 321) }), "profile: avatar of 320 x 321 pixels, at most 320 x 320"],
  ["a banner that is too wide", fields({ name, banner: picture(1281, 1) }), "profile: banner of 1281 x 1 pixels, at most 1280 x 720"],
  ["a banner that is too high", fields({ name, banner: picture(1, 721) }), "profile: banner of 1 x 721 pixels, at most 1280 x 720"],
  [
    "too many fields",
    fields(Object.fromEntries([["name", name], ...Array.from({ length: 256 }, (_, index) => [`f${index}`, 0])])),
    "profile: more than 256 fields",
  ],
]

test.each(CASES)("refuses %s", (_, payload, reason) => {
  expect(() => decodeProfile(payload)).toThrow(expect.objectContaining({ name: "DecodeError", reason: expect.stringContaining(reason) }))
})

test.each<readonly [string, Profile]>([
  ["an empty name", { name: "" }],
  ["a name beyond ASCII", { name: "Zoë" }],
  ["a field that is not snake-case", { name, favouriteColour: "red" }],
  ["an avatar that is too large", { name, avatar: picture(400, 400) }],
])("%s cannot be written: the caller's fault", (_, written) => {
  expect(() => encodeProfile(written)).toThrow(TypeError)
})

test("fields of others are read whatever their names", () => {
  const read = decodeProfile(fields({ name, favouriteColour: "red", ["__proto__"]: "x", toString: 1 }))
  expect(new Map(Object.entries(read))).toEqual(
    new Map<string, unknown>([
      ["name", "al"],
      ["favouriteColour", "red"],
      ["__proto__", "x"],
      ["toString", 1],
    ]),
  )
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
})

test("pictures of the largest size are taken", () => {
  const largest = { name, avatar: picture(320, 320), banner: picture(1280, 720) }
  expect(decodeProfile(encodeProfile(largest))).toEqual(largest)
})

test.each([
  ["al", true],
  ["~ Al & 1 !", true],
  ["", false],
  ["al\n", false],
  ["é", false],
])("%j is a name: %s", (candidate, is) => {
  expect(isProfileName(candidate)).toBe(is)
})

const build = (parts: Partial<RecordParts>) =>
  buildRecord({
    author: master,
    signer: masterSecret,
    kind: PROFILE,
    nonce: nonceFromText("profile"),
    timestamp: parseTimestamp(1n),
    payload: encodeProfile({ name }),
    ...parts,
  })

test("is read from a record that the master key signed", () => {
  expect(readProfile(build({}))).toEqual({ name })
  expect(() => readProfile(build({ signer: secretOf(2) }))).toThrow(
    expect.objectContaining({ name: "VerifyError", reason: "profile: not signed by the master key" }),
  )
  expect(() => readProfile(build({ kind: MICROBLOG_ROOT }))).toThrow(
    expect.objectContaining({ name: "VerifyError", reason: "profile: another kind" }),
  )
  expect(() => readProfile(build({ payload: new Uint8Array(0) }))).toThrow(expect.objectContaining({ name: "DecodeError" }))
})

test("survives hostile input", () => {
  const valid = fc.sample(profile, { numRuns: 50, seed: 1 }).map((written) => encodeProfile(written))
  expect(feedHostileInput(decodeProfile, valid)).toBeGreaterThan(1000)
})

test("takes time linear in its input", () => {
  const prepare = (size: number): Uint8Array =>
    fields({ name, about: "a".repeat(size * 50), others: Array.from({ length: size }, () => "b") })
  expect(growthExponent(1000, prepare, decodeProfile)).toBeLessThan(1.6)
})
