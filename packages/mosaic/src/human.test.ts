/// <reference types="vite/client" />
import * as fc from "fast-check"
import { expect, test } from "vitest"
import recordVectors from "../../../vectors/records.json?raw"
import * as arbitrary from "../test/arbitrary.ts"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { encodeUtf8, fromHex } from "./bytes.ts"
import {
  formatRecord,
  formatReference,
  formatSecretKey,
  formatServerKey,
  formatUserKey,
  parseRecordText,
  parseReferenceText,
  parseSecretKeyText,
  parseServerKey,
  parseUserKey,
} from "./human.ts"
import { type PublicKey } from "./keys/public-key.ts"
import { parseSecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { parseRecord } from "./record/unverified.ts"

const key: PublicKey = publicKeyOf(parseSecretKey(new Uint8Array(32)))
const KEY_TEXT = "8pinxxgqs41n4aididenw5apqp1urfmzdztr8jt4abrkdn435ewo"
const ordinary = parseRecord(fromHex((JSON.parse(recordVectors) as { hex: string }[])[0]?.hex ?? ""))

test("keys are printed with their prefix and 52 characters", () => {
  expect(formatUserKey(key)).toBe(`mopub0${KEY_TEXT}`)
  expect(formatServerKey(key)).toBe(`mosrv0${KEY_TEXT}`)
  expect(formatSecretKey(parseSecretKey(new Uint8Array(32)))).toBe(`mosec0${"y".repeat(52)}`)
})

test("keys, secret keys and references read back as they were printed", () => {
  fc.assert(
    fc.property(arbitrary.bytes(32), arbitrary.reference, (seed, reference) => {
      const secret = parseSecretKey(seed)
      expect(parseSecretKeyText(formatSecretKey(secret))).toEqual(secret)
      expect(parseReferenceText(formatReference(reference))).toEqual(reference)
      expect(formatReference(reference)).toHaveLength("moref0".length + 77)
    }),
  )
  fc.assert(
    fc.property(arbitrary.bytes(32), (seed) => {
      const made = publicKeyOf(parseSecretKey(seed))
      expect(parseUserKey(formatUserKey(made))).toEqual(made)
      expect(parseServerKey(formatServerKey(made))).toEqual(made)
    }),
    { numRuns: 20 },
  )
})

test("a record reads back as it was printed", () => {
  const text = formatRecord(ordinary)
  expect(text).toMatch(/^morecord0[a-z1-9]+$/)
  expect(parseRecordText(text).verify().bytes).toEqual(ordinary.bytes)
})

test("a server's key is read with either prefix, a person's with its own only", () => {
  expect(parseServerKey(`mopub0${KEY_TEXT}`)).toEqual(key)
  expect(() => parseUserKey(`mosrv0${KEY_TEXT}`)).toThrow("prefix: mopub0 expected")
})

test.each([
  ["no prefix", KEY_TEXT, "prefix"],
  ["another prefix", `mosec0${KEY_TEXT}`, "prefix"],
  ["upper case", `mopub0${KEY_TEXT.toUpperCase()}`, "z-base-32: character"],
  ["a character less", `mopub0${KEY_TEXT.slice(1)}`, "z-base-32"],
  ["a character more", `mopub0${KEY_TEXT}y`, "length"],
  ["a bit beyond the last byte", `mopub0${"y".repeat(51)}b`, "z-base-32: bits"],
  ["space around", ` mopub0${KEY_TEXT}`, "prefix"],
  ["megabytes", `mopub0${"y".repeat(2_000_000)}`, "length"],
])("refuses a key with %s", (_, text, reason) => {
  expect(() => parseUserKey(text)).toThrow(expect.objectContaining({ name: "DecodeError", reason: expect.stringContaining(reason) }))
})

test("an offset counts from the start of the text, and a key must be valid", () => {
  expect(() => parseUserKey(`mopub0${KEY_TEXT.slice(0, 51)}l`)).toThrow(expect.objectContaining({ offset: 57 }))
  expect(() => parseUserKey(`mopub0${"y".repeat(52)}`)).toThrow(expect.objectContaining({ name: "VerifyError", reason: "small order" }))
})

const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

test("text from strangers is refused cleanly or read", () => {
  const records = [encodeUtf8(formatRecord(ordinary))]
  const references = [encodeUtf8(formatReference(ordinary.verify().id)), encodeUtf8(formatReference(ordinary.verify().address))]
  const secrets = [encodeUtf8(`mosec0${KEY_TEXT}`)]
  expect(feedHostileInput((bytes) => parseRecordText(asText(bytes)), records, { runs: 20_000 })).toBeGreaterThan(50)
  expect(feedHostileInput((bytes) => parseReferenceText(asText(bytes)), references)).toBeGreaterThan(1000)
  expect(feedHostileInput((bytes) => parseSecretKeyText(asText(bytes)), secrets)).toBeGreaterThan(1000)
})

test("keys from strangers are refused cleanly or read", () => {
  const keys = [encodeUtf8(`mopub0${KEY_TEXT}`), encodeUtf8(`mosrv0${KEY_TEXT}`)]
  expect(feedHostileInput((bytes) => parseServerKey(asText(bytes)), keys)).toBeGreaterThan(300)
  expect(feedHostileInput((bytes) => parseUserKey(asText(bytes)), keys)).toBeGreaterThan(300)
})

test("a printed record is read in linear time", () => {
  const refused = (text: string): void => {
    expect(() => parseRecordText(text)).toThrow("section lengths")
  }
  expect(growthExponent(8000, (size) => `morecord0${"y".repeat(size * 8)}`, refused)).toBeLessThan(1.6)
})
