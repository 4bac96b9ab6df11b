import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { secretOf } from "../../test/subkeys.ts"
import { encodeUtf8 } from "../bytes.ts"
import { publicKeyOf } from "../keys/secret-key.ts"
import { formatAuthNonce } from "./auth-nonce.ts"
import { decodeBase64, encodeBase64, encodeBase64Url } from "./base64.ts"
import { type HeaderField, type HeaderLookup, HEADER, hasMosaicProtocol, parseNumbers } from "./header-fields.ts"
import { formatHelloAckHeaders, parseHelloAckHeaders } from "./hello-ack-headers.ts"
import { formatHelloHeaders, parseHelloHeaders } from "./hello-headers.ts"

const lookup =
  (fields: readonly HeaderField[]): HeaderLookup =>
  (name) =>
    fields.find(([each]) => each.toLowerCase() === name)?.[1]

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const nonce = fc.option(bytes(32).map(formatAuthNonce), { nil: undefined })
const numbers = (max: number) => fc.array(fc.integer({ min: 0, max }), { maxLength: 20 })
const key = fc.option(
  fc.integer({ min: 1, max: 5 }).map((seed) => publicKeyOf(secretOf(seed))),
  { nil: undefined },
)

test("what is written is read: Hello", () => {
  const hello = fc.record({
    versions: numbers(0xffff),
    features: numbers(0xffff_ffff),
    authenticateAs: key,
    serverNonce: nonce,
  })
  fc.assert(
    fc.property(hello, (each) => {
      expect(parseHelloHeaders(lookup(formatHelloHeaders(each)))).toEqual(each)
    }),
  )
})

test("what is written is read: Hello Ack", () => {
  const ack = fc.record({
    version: fc.integer({ min: 0, max: 0xffff }),
    featuresAccepted: numbers(0xffff_ffff),
    serverProof: fc.option(bytes(64), { nil: undefined }),
    clientNonce: nonce,
    serviceUrl: fc.constantFrom(undefined, "https://example.org/join", "http://[::1]:8080/?a=b#c"),
  })
  fc.assert(
    fc.property(ack, (each) => {
      expect(parseHelloAckHeaders(lookup(formatHelloAckHeaders(each)))).toEqual(each)
    }),
  )
})

test("base64 is read as it is written, in one form only", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (each) => {
      expect(decodeBase64(encodeBase64(each), each.length)).toEqual(each)
      expect(encodeBase64(each)).toBe(btoa(String.fromCharCode(...each)))
      expect(encodeBase64Url(each)).toBe(encodeBase64(each).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))
    }),
  )
  for (const text of ["QQ=", "QQ", "QR==", "Q===", "====", "Q Q=", "QQ==\n", "Q-=="])
    expect(() => decodeBase64(text, 1), text).toThrow("base64")
})

test("Mosaic is recognized among other protocols", () => {
  for (const value of ["mosaic2025", "nostr, mosaic2025", " mosaic2025 ,x"]) expect(hasMosaicProtocol(value), value).toBe(true)
  for (const value of [undefined, "", "mosaic", "mosaic20250", "MOSAIC2025", "mosaic2025;x"]) expect(hasMosaicProtocol(value)).toBe(false)
})

/** All headers in one text, as an attacker would write them. */
const sealed = (fields: readonly HeaderField[]): Uint8Array => encodeUtf8(fields.map(([name, value]) => `${name}\0${value}`).join("\n"))
function opened(input: Uint8Array): HeaderLookup {
  // Headers come as Latin-1.
  const lines = Array.from(input, (byte) => String.fromCharCode(byte))
    .join("")
    .split("\n")
  return lookup(lines.map((line): HeaderField => [line.split("\0")[0] ?? "", line.split("\0")[1] ?? ""]))
}

test("hostile headers are refused, and nothing else happens", () => {
  const ours = formatAuthNonce(new Uint8Array(32).fill(7))
  const hello = { versions: [0, 1], features: [0, 1, 7], authenticateAs: publicKeyOf(secretOf(1)), serverNonce: ours }
  const ack = { version: 0, featuresAccepted: [1], serverProof: new Uint8Array(64).fill(9), clientNonce: ours, serviceUrl: "https://a.b/" }
  expect(
    feedHostileInput((input) => parseHelloHeaders(opened(input)), [sealed(formatHelloHeaders(hello))], { runs: 20_000 }),
  ).toBeGreaterThan(1_000)
  expect(
    feedHostileInput((input) => parseHelloAckHeaders(opened(input)), [sealed(formatHelloAckHeaders(ack))], { runs: 20_000 }),
  ).toBeGreaterThan(100)
})

test("long headers take time in proportion", () => {
  for (const part of ["1,", ",", " ", "1", " 1 ,"]) {
    const read = (value: string): unknown => {
      try {
        return parseNumbers(HEADER.features, value, 10)
      } catch {
        return undefined
      }
    }
    expect(growthExponent(500, (size) => part.repeat(Math.floor(size / part.length)), read)).toBeLessThan(1.6)
    expect(growthExponent(500, (size) => part.repeat(Math.floor(size / part.length)), hasMosaicProtocol)).toBeLessThan(1.6)
  }
})
