import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, fromHex } from "../bytes.ts"
import { isPublicKey, parsePublicKey } from "./public-key.ts"
import { parseSecretKey, publicKeyOf } from "./secret-key.ts"

const seed = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
const publicKey = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

test("the key pair of RFC 8032, 7.1, test 1", () => {
  expect(publicKeyOf(parseSecretKey(seed))).toEqual(publicKey)
})

test("a key reads back, wherever it stands", () => {
  fc.assert(
    fc.property(arbitrary.bytes(32), fc.nat(40), (secret, offset) => {
      const key = publicKeyOf(parseSecretKey(secret))
      expect(parsePublicKey(key)).toEqual(key)
      expect(parsePublicKey(concatBytes(new Uint8Array(offset), key, new Uint8Array(9)), offset)).toEqual(key)
      expect(isPublicKey(key)).toBe(true)
    }),
    { numRuns: 20 },
  )
})

const P = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"

test.each([
  ["the identity", "01" + "00".repeat(31), "small order"],
  ["order 2", `ec${P.slice(2)}`, "small order"],
  ["order 4, y = 0", "00".repeat(32), "small order"],
  ["order 4, y = 0, the other x", "00".repeat(31) + "80", "small order"],
  ["order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "small order"],
  ["order 8, the other x", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "small order"],
  ["order 8, the other y", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "small order"],
  ["order 8, the other both", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "small order"],
  ["the identity with -0", "01" + "00".repeat(30) + "80", "not canonical"],
  ["order 2 with -0", `ec${P.slice(2, -2)}ff`, "not canonical"],
  ["y = p", P, "not canonical"],
  ["y = p + 1", `ee${P.slice(2)}`, "not canonical"],
  ["y = p + 2, on no curve either", `ef${P.slice(2)}`, "not canonical"],
  ["y = p + 3, on the curve", `f0${P.slice(2)}`, "not canonical"],
  ["y = 2^255 - 1", `ff${P.slice(2)}`, "not canonical"],
  ["all bits", "ff".repeat(32), "not canonical"],
  ["y = 7", "07" + "00".repeat(31), "not on the curve"],
])("refuses %s", (_, hex, reason) => {
  expect(() => parsePublicKey(fromHex(hex))).toThrow(expect.objectContaining({ name: "VerifyError", reason }))
  expect(isPublicKey(fromHex(hex))).toBe(false)
})

test("refuses other lengths", () => {
  expect(() => parsePublicKey(new Uint8Array(31))).toThrow(
    expect.objectContaining({ name: "DecodeError", reason: "public key: 32 bytes expected" }),
  )
  expect(() => parsePublicKey(publicKey, 1)).toThrow("32 bytes expected")
  expect(() => parseSecretKey(new Uint8Array(33))).toThrow("32 bytes expected")
  expect(isPublicKey(new Uint8Array(33))).toBe(false)
})

test("a parsed secret key is a copy: wiping the original leaves it", () => {
  const original = Uint8Array.from(seed)
  const secret = parseSecretKey(original)
  original.fill(0)
  expect(publicKeyOf(secret)).toEqual(publicKey)
})

test("keys from strangers are refused cleanly or read", () => {
  expect(feedHostileInput((bytes) => parsePublicKey(bytes), [publicKey, fromHex(P), new Uint8Array(32)])).toBeGreaterThan(1000)
})
