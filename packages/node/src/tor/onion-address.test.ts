import { ed25519 } from "@noble/curves/ed25519.js"
import { DecodeError, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { feedHostileInput } from "../../../mosaic/test/hostile.ts"
import { formatOnionAddress, isOnionAddress, onionPublicKey, parseOnionAddress } from "./onion-address.ts"
import { onionKeyBlob } from "./onion-key.ts"

const KNOWN = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion"
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => parseSecretKey(bytes))

test("an address that many people use is read, in large letters too", () => {
  expect(parseOnionAddress(KNOWN)).toBe(KNOWN)
  expect(parseOnionAddress(KNOWN.toUpperCase())).toBe(KNOWN)
  expect(formatOnionAddress(onionPublicKey(parseOnionAddress(KNOWN)))).toBe(KNOWN)
})

test("the address is that of the key", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const address = formatOnionAddress(publicKeyOf(seed))
      expect(onionPublicKey(parseOnionAddress(address))).toEqual(publicKeyOf(seed))
    }),
    { numRuns: 50 },
  )
})

test("the blob that tor gets makes the same public key", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const blob = Buffer.from(onionKeyBlob(seed), "base64")
      expect(blob).toHaveLength(64)
      const scalar = BigInt(`0x${Buffer.from(blob.subarray(0, 32).toReversed()).toString("hex")}`)
      const point = ed25519.Point.BASE.multiply(scalar % ed25519.Point.Fn.ORDER)
      expect(point.toBytes()).toEqual(Uint8Array.from(publicKeyOf(seed)))
    }),
    { numRuns: 20 },
  )
})

test("what was mistyped is no address", () => {
  for (let at = 0; at < 56; at += 1) {
    const other = KNOWN[at] === "a" ? "b" : "a"
    expect(isOnionAddress(KNOWN.slice(0, at) + other + KNOWN.slice(at + 1))).toBe(false)
  }
  for (const broken of [
    "",
    ".onion",
    KNOWN.slice(1),
    `${KNOWN}.`,
    `x.${KNOWN}`,
    "facebookcorewwwi.onion",
    KNOWN.replace(".onion", ".union"),
  ])
    expect(() => parseOnionAddress(broken)).toThrow(DecodeError)
})

test("strangers' text is read or refused", () => {
  const parse = (bytes: Uint8Array): unknown => parseOnionAddress(Buffer.from(bytes).toString("latin1"))
  feedHostileInput(parse, [new TextEncoder().encode(KNOWN)], { runs: 20_000 })
})
