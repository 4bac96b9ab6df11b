/// <reference types="vite/client" />
import * as fc from "fast-check"
import { expect, test } from "vitest"
import vectorText from "../../../../vectors/ed25519ph-blake3.txt?raw"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, encodeUtf8, fromHex } from "../bytes.ts"
import { type Prehash, prehash } from "./prehash.ts"
import { parsePublicKey } from "./public-key.ts"
import { parseSecretKey, publicKeyOf } from "./secret-key.ts"
import { sign, signEd25519, verify, verifyEd25519 } from "./signature.ts"

const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
const secret = parseSecretKey(new Uint8Array(32).fill(7))
const key = publicKeyOf(secret)
const other = publicKeyOf(parseSecretKey(new Uint8Array(32).fill(8)))
const hash = prehash(encodeUtf8("what is signed"))
const signature = sign(hash, secret)

const vectors = vectorText
  .trim()
  .split("\n")
  .map((line, index) => ({ line: index + 1, fields: line.split(" ").map(fromHex) }))

test("there are vectors", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(20)
})

test.each(vectors)("line $line of ed25519ph-blake3.txt", ({ fields }) => {
  const [seed, data, publicKey, expectedHash, expected] = fields
  if (!seed || !data || !publicKey || !expectedHash || !expected) throw new Error("the line has five fields")
  const own = parseSecretKey(seed)
  expect(publicKeyOf(own)).toEqual(publicKey)
  expect(prehash(data)).toEqual(expectedHash)
  expect(sign(prehash(data), own)).toEqual(expected)
  verify(expected, prehash(data), parsePublicKey(publicKey))
})

test("what was signed verifies, for its key, data and scheme only", () => {
  fc.assert(
    fc.property(arbitrary.bytes(32), fc.uint8Array(), (seed, data) => {
      const own = parseSecretKey(seed)
      const made = sign(prehash(data), own)
      verify(made, prehash(data), publicKeyOf(own))
      expect(() => verify(made, prehash(concatBytes(data, Uint8Array.of(0))), publicKeyOf(own))).toThrow("signature")
      expect(() => verify(made, prehash(data), other)).toThrow("signature")
      expect(() => verifyEd25519(made, prehash(data), publicKeyOf(own))).toThrow("signature")
    }),
    { numRuns: 10 },
  )
})

test("RFC 8032, 7.1, test 2 for plain Ed25519", () => {
  const own = parseSecretKey(fromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
  const expected = fromHex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  )
  expect(signEd25519(Uint8Array.of(0x72), own)).toEqual(expected)
  verifyEd25519(expected, Uint8Array.of(0x72), publicKeyOf(own))
  expect(() => verify(expected, Uint8Array.of(0x72) as Uint8Array as Prehash, publicKeyOf(own))).toThrow("signature")
})

const withScalar = (change: (s: bigint) => bigint): Uint8Array => {
  const s = signature.subarray(32).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  const changed = change(s)
  return concatBytes(
    signature.subarray(0, 32),
    Uint8Array.from({ length: 32 }, (_, i) => Number((changed >> BigInt(8 * i)) & 0xffn)),
  )
}
const IDENTITY_WITH_SIGN = fromHex("01" + "00".repeat(30) + "80")

test.each([
  ["s + L", withScalar((s) => s + L), "s out of range"],
  ["s + 7 L", withScalar((s) => s + 7n * L), "s out of range"],
  ["the top bit of s", withScalar((s) => s + 2n ** 255n), "s out of range"],
  ["s = 2^256 - 1", withScalar(() => 2n ** 256n - 1n), "s out of range"],
  ["another s", withScalar((s) => (s + 1n) % L), "signature"],
  ["R = the identity with -0", concatBytes(IDENTITY_WITH_SIGN, signature.subarray(32)), "R not canonical"],
  ["R with y = p", concatBytes(fromHex("ed" + "ff".repeat(30) + "7f"), signature.subarray(32)), "R not canonical"],
  ["R with y = p + 2, which is no point either", concatBytes(fromHex(`ef${"ff".repeat(30)}7f`), signature.subarray(32)), "R not canonical"],
  ["R that is no point", concatBytes(fromHex("07" + "00".repeat(31)), signature.subarray(32)), "signature"],
  ["zeros", new Uint8Array(64), "signature"],
])("refuses %s", (_, bytes, reason) => {
  expect(() => verify(bytes, hash, key)).toThrow(expect.objectContaining({ name: "VerifyError", reason }))
})

test("refuses another length", () => {
  expect(() => verify(signature.subarray(1), hash, key)).toThrow(
    expect.objectContaining({ name: "DecodeError", reason: "signature length" }),
  )
})

test("signatures from strangers are refused cleanly", () => {
  expect(feedHostileInput((bytes) => verify(bytes, hash, key), [signature], { runs: 1500 })).toBeLessThan(1500)
})

test("hashing takes linear time", () => {
  expect(growthExponent(20_000, (size) => new Uint8Array(size), prehash)).toBeLessThan(1.6)
})
