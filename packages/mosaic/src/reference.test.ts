import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../test/arbitrary.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { concatBytes, fromHex, toHex } from "./bytes.ts"
import { parsePublicKey } from "./keys/public-key.ts"
import { parseSecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { decodeKind } from "./kind.ts"
import { KEY_SCHEDULE, PROFILE } from "./kinds.ts"
import { nonceFromBytes, nonceFromText, nonceFromTimestamp, parseNonce } from "./nonce.ts"
import {
  addressAuthor,
  addressKind,
  addressNonce,
  isAddress,
  isRecordId,
  makeAddress,
  parseAddress,
  parseRecordId,
  parseReference,
  recordIdTimestamp,
} from "./reference.ts"
import { parseTimestamp } from "./timestamp.ts"

const author = publicKeyOf(parseSecretKey(new Uint8Array(32).fill(1)))

test("what an address is made of is read from it again", () => {
  fc.assert(
    fc.property(arbitrary.bytes(8), arbitrary.kind, (bytes, kind) => {
      const nonce = nonceFromBytes(bytes)
      const address = makeAddress({ nonce, kind, author })
      expect(address.length).toBe(48)
      expect(isAddress(address) && !isRecordId(address)).toBe(true)
      expect([addressNonce(address), addressKind(address), addressAuthor(address)]).toEqual([nonce, kind, author])
      expect(parseAddress(address)).toEqual(address)
    }),
  )
})

test("a reference is an id or an address by its first bit, wherever it stands", () => {
  fc.assert(
    fc.property(arbitrary.reference, fc.nat(5), (reference, offset) => {
      const surrounded = concatBytes(new Uint8Array(offset), reference, new Uint8Array(7))
      expect(parseReference(surrounded, offset)).toEqual(reference)
      if (isRecordId(reference)) {
        expect(parseRecordId(reference)).toEqual(reference)
        expect(recordIdTimestamp(reference)).toBe(new DataView(reference.buffer).getBigUint64(0))
        expect(() => parseAddress(reference)).toThrow("address")
      } else {
        expect(parseAddress(reference)).toEqual(reference)
        expect(() => parseRecordId(reference)).toThrow("id")
      }
    }),
  )
})

test("refuses other lengths and addresses of no possible kind", () => {
  expect(() => parseReference(new Uint8Array(47))).toThrow("48 bytes expected")
  expect(() => parseReference(new Uint8Array(49))).toThrow("48 bytes expected")
  expect(() => parseReference(new Uint8Array(60), 13)).toThrow("48 bytes expected")
  expect(() => parseReference(new Uint8Array(48).fill(0xff))).toThrow("reserved kind bits")
})

test("the author of an address is validated when it is asked for", () => {
  const address = parseAddress(concatBytes(nonceFromText("x"), fromHex("000000000001000e"), new Uint8Array(32)))
  expect(() => addressAuthor(address)).toThrow(expect.objectContaining({ name: "VerifyError", reason: "small order" }))
  expect(decodeKind(address, 8)).toBe(KEY_SCHEDULE)
})

test("nonces always start with a 1 bit", () => {
  expect(toHex(nonceFromBytes(fromHex("0102030405060708")))).toBe("8102030405060708")
  expect(toHex(nonceFromTimestamp(parseTimestamp(0x180c3fa073bece00n)))).toBe("980c3fa073bece00")
  // The first 8 bytes of BLAKE3 of the empty text are af1349b9f5f9a1a6.
  expect(toHex(nonceFromText(""))).toBe("af1349b9f5f9a1a6")
  expect(nonceFromText("key schedule")).not.toEqual(nonceFromText("profile"))
  expect(() => nonceFromBytes(new Uint8Array(7))).toThrow(RangeError)
  expect(() => parseNonce(fromHex("7fffffffffffffff"))).toThrow(expect.objectContaining({ name: "DecodeError", reason: "nonce" }))
  expect(() => parseNonce(fromHex("ff"))).toThrow("8 bytes expected")
})

test("parsing copies: what is parsed does not follow the caller's buffer", () => {
  const bytes = Uint8Array.from(makeAddress({ nonce: nonceFromText("x"), kind: PROFILE, author }))
  const address = parseAddress(bytes)
  bytes.fill(0)
  expect(parsePublicKey(address, 16)).toEqual(author)
})

test("nonces from strangers are refused cleanly or read", () => {
  expect(feedHostileInput((bytes) => parseNonce(bytes), [nonceFromText("x")])).toBeGreaterThan(1000)
})

test("bytes from strangers are refused cleanly or read", () => {
  const valid = [new Uint8Array(48), makeAddress({ nonce: nonceFromText("x"), kind: PROFILE, author })]
  const accepted = feedHostileInput((bytes) => {
    const reference = parseReference(bytes)
    if (isAddress(reference)) return [addressNonce(reference), addressKind(reference)]
    return recordIdTimestamp(reference)
  }, valid)
  expect(accepted).toBeGreaterThan(1000)
})
