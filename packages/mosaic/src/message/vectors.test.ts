import { describe, expect, test } from "vitest"
import vectors from "../../../../vectors/messages.json" with { type: "json" }
import { encodeUtf8, fromHex, toHex } from "../bytes.ts"
import { parseFilter } from "../filter/parse.ts"
import { formatServerKey } from "../human.ts"
import { prehash } from "../keys/prehash.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { sign, verify } from "../keys/signature.ts"
import { encodeMessage } from "./encode.ts"
import { parseMessage } from "./parse.ts"

/** As the vectors write it: bytes in hexadecimal, 64 bits in decimal, what is not there left out. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === "bigint") return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, plain(each)]])))
}

describe("the vectors of messages", () => {
  test.each(vectors.messages)("$name", ({ hex, fields }) => {
    const message = parseMessage(fromHex(hex))
    expect(plain(message)).toEqual(fields)
    expect(toHex(encodeMessage(message))).toBe(hex)
  })
})

describe("the vectors of filters", () => {
  test.each(vectors.filters)("$name", ({ hex, valid, reason }) => {
    if (valid) parseFilter(fromHex(hex))
    else expect(() => parseFilter(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
  })
})

test("the vectors of authentication", () => {
  const { userSeed, serverSeed, clientNonce, serverNonce, ...signed } = vectors.authentication
  const [user, server] = [parseSecretKey(fromHex(userSeed)), parseSecretKey(fromHex(serverSeed))]
  expect(signed.clientSigns).toBe(`mosaic-auth:${formatServerKey(publicKeyOf(server))}:${serverNonce}`)
  expect(signed.serverSigns).toBe(`mosaic-server-auth:${clientNonce}`)
  for (const [text, signature, secret] of [
    [signed.clientSigns, signed.clientSignature, user],
    [signed.serverSigns, signed.serverSignature, server],
  ] as const) {
    const hash = prehash(encodeUtf8(text))
    verify(fromHex(signature), hash, publicKeyOf(secret))
    expect(toHex(sign(hash, secret))).toBe(signature)
  }
})
