import { x25519 } from "@noble/curves/ed25519.js"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { decodeBase32 } from "./base32.ts"
import { clientPublicKey, formatClientPublicKey, formatClientSecretKey } from "./client-key.ts"

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

test("the public key is what another implementation of X25519 computes", () => {
  fc.assert(
    fc.property(keys, (secret) => {
      expect(clientPublicKey(secret)).toEqual(x25519.getPublicKey(secret))
    }),
    { numRuns: 30 },
  )
})

test("keys are written as tor reads them", () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(decodeBase32(formatClientPublicKey(key))).toEqual(key)
      expect(formatClientSecretKey(key)).toBe(`x25519:${Buffer.from(key).toString("base64")}`)
    }),
  )
  for (const use of [clientPublicKey, formatClientPublicKey, formatClientSecretKey])
    expect(() => use(new Uint8Array(31))).toThrow(RangeError)
})
