import * as fc from "fast-check"
import { expect, test } from "vitest"
import vectorText from "../../../../vectors/bootstraps.json?raw"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { secretOf } from "../../test/subkeys.ts"
import { concatBytes, decodeUtf8, encodeUtf8, fromHex, toHex } from "../bytes.ts"
import { type PublicKey } from "../keys/public-key.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { formatMosaicUrl, parseMosaicUrl } from "../url/mosaic-url.ts"
import { type Bootstrap, type UserBootstrap, bootstrapServers } from "./bootstrap.ts"
import { encodeBootstrap } from "./encode.ts"
import { parseBootstrap, readBootstrap } from "./read.ts"
import { MAX_SEQUENCE, type SignedBootstrap, bootstrapSigningBytes, compareBootstraps, signBootstrap, verifyBootstrap } from "./signed.ts"

interface TextVector {
  readonly name: string
  readonly text: string
  readonly read?: { readonly urls?: readonly string[]; readonly servers?: readonly [number, string][]; readonly faults: readonly number[] }
  readonly refused?: string
}
interface SignedVector {
  readonly name: string
  readonly selector: "user" | "server"
  readonly seed: string
  readonly key: string
  readonly sequence: string
  readonly text: string
  readonly signed: string
  readonly signature: string
}
const vectors = JSON.parse(vectorText) as { readonly texts: readonly TextVector[]; readonly signed: readonly SignedVector[] }

const keyOf = (seed: number): PublicKey => publicKeyOf(secretOf(seed))
const url = parseMosaicUrl("mosaictcp://203.0.113.1")
const server: Bootstrap = { type: "server", urls: [url] }
const user: UserBootstrap = { type: "user", servers: [{ usage: 7, serverKey: keyOf(1) }] }

test.each(vectors.texts)("bootstraps.json: $name", ({ text, read, refused }) => {
  const bytes = fromHex(text)
  if (read === undefined) {
    expect(() => readBootstrap(bytes)).toThrow(expect.objectContaining({ name: "DecodeError", reason: refused }))
    return
  }
  const { bootstrap, faults } = readBootstrap(bytes)
  expect(faults.map(({ line }) => line)).toEqual(read.faults)
  if (bootstrap.type === "server") expect(bootstrap.urls.map(formatMosaicUrl)).toEqual(read.urls)
  else expect(bootstrap.servers.map(({ usage, serverKey }) => [usage, toHex(serverKey)])).toEqual(read.servers)
  if (faults.length === 0) expect(parseBootstrap(bytes)).toEqual(bootstrap)
  else expect(() => parseBootstrap(bytes)).toThrow(expect.objectContaining({ name: "DecodeError" }))
})

test.each(vectors.signed)("bootstraps.json, signed: $name", ({ selector, seed, key, sequence: written, text, signed, signature }) => {
  const sequence = BigInt(written)
  const item = { selector, key: fromHex(key), sequence, text: fromHex(text), signature: fromHex(signature) }
  expect(toHex(bootstrapSigningBytes(item))).toBe(signed)
  expect(verifyBootstrap(item)).toEqual(item)
  const { bootstrap, faults } = readBootstrap(item.text)
  if (faults.length === 0) expect(signBootstrap(bootstrap, parseSecretKey(fromHex(seed)), sequence)).toEqual(item)
})

test("there are vectors, with one as long as can be", () => {
  expect(vectors.texts.length).toBeGreaterThan(20)
  expect(Math.max(...vectors.texts.map(({ text }) => text.length / 2))).toBe(984)
})

const keys = Array.from({ length: 16 }, (_, seed) => keyOf(seed + 1))
const servers = fc.uniqueArray(fc.record({ usage: fc.integer({ min: 1, max: 7 }), serverKey: fc.constantFrom(...keys) }), {
  maxLength: 15,
  selector: ({ serverKey }) => serverKey,
})
const bootstraps: fc.Arbitrary<Bootstrap> = fc.oneof(
  servers.map((list): Bootstrap => ({ type: "user", servers: [{ usage: 3, serverKey: keyOf(99) }, ...list] })),
  fc
    .uniqueArray(fc.ipV4(), { maxLength: 20 })
    .map((hosts): Bootstrap => ({ type: "server", urls: hosts.map((host) => parseMosaicUrl(`mosaic://${host}`)) })),
)

test("a bootstrap reads back as it was written, whatever is in it", () => {
  fc.assert(
    fc.property(bootstraps, (bootstrap) => {
      expect(parseBootstrap(encodeBootstrap(bootstrap))).toEqual(bootstrap)
    }),
  )
})

test("sixteen servers fit, seventeen do not; their keys are written as servers'", () => {
  const list = Array.from({ length: 17 }, (_, seed) => ({ usage: 7, serverKey: keyOf(seed + 1) }))
  const text = encodeBootstrap({ type: "user", servers: list.slice(0, 16) })
  expect(text).toHaveLength(1 + 16 * 61)
  expect(decodeUtf8(text)).toMatch(/^U(\n7 mosrv0[a-z0-9]{52}){16}$/u)
  expect(() => encodeBootstrap({ type: "user", servers: list })).toThrow(RangeError)
})

test("what breaks a rule is not written", () => {
  const write = (...list: UserBootstrap["servers"]) => encodeBootstrap({ type: "user", servers: list })
  const serverKey = keyOf(1)
  expect(() => write()).toThrow("no outbox")
  expect(() => write({ usage: 1, serverKey })).toThrow("no inbox")
  expect(() => write({ usage: 6, serverKey })).toThrow("no outbox")
  for (const usage of [0, 8, -1, 1.5, Number.NaN])
    expect(() => write({ usage: 3, serverKey: keyOf(2) }, { usage, serverKey })).toThrow(RangeError)
  expect(() => write({ usage: 1, serverKey }, { usage: 2, serverKey })).toThrow("twice")
  expect(() => encodeBootstrap({ type: "server", urls: [url, url] })).toThrow("twice")
})

test("the first three servers of a usage are used, in order, each once", () => {
  const uses = [1, 2, 3, 1, 6, 1, 7].map((usage, index) => ({ usage, serverKey: keyOf(index + 1) }))
  const bootstrap: UserBootstrap = { type: "user", servers: [...uses.slice(0, 1), ...uses] }
  expect(bootstrapServers(bootstrap, "outbox")).toEqual([keyOf(1), keyOf(3), keyOf(4)])
  expect(bootstrapServers(bootstrap, "inbox")).toEqual([keyOf(2), keyOf(3), keyOf(5)])
  expect(bootstrapServers(bootstrap, "encryption")).toEqual([keyOf(5), keyOf(7)])
})

const signed: SignedBootstrap = signBootstrap(server, secretOf(9), 5n)

test.each([
  ["the other selector", { selector: "user" }, "bootstrap kind"],
  ["another key", { key: keyOf(8) }, "signature"],
  ["a key of small order", { key: new Uint8Array(32) }, "small order"],
  ["a key that is too short", { key: new Uint8Array(31) }, "public key: 32 bytes expected"],
  ["another sequence", { sequence: 6n }, "signature"],
  ["a sequence below 0", { sequence: -1n }, "sequence number"],
  ["a sequence of 64 bits", { sequence: 2n ** 63n }, "sequence number"],
  ["another text", { text: encodeUtf8("S") }, "signature"],
  ["a text that is none", { text: encodeUtf8("X") }, "bootstrap kind"],
  ["a text that is too long", { text: new Uint8Array(984) }, "bootstrap length"],
  ["a signature that is too short", { signature: new Uint8Array(63) }, "signature length"],
  ["no signature", { signature: new Uint8Array(64) }, "signature"],
] as const)("an item with %s is refused", (_, change, reason) => {
  expect(verifyBootstrap(signed)).toEqual(signed)
  expect(() => verifyBootstrap({ ...signed, ...change })).toThrow(expect.objectContaining({ reason }))
})

test("a user's item is no server's, even by one key", () => {
  const both = signBootstrap(user, secretOf(9), 5n)
  expect(() => verifyBootstrap({ ...signed, selector: "user", text: both.text })).toThrow("signature")
})

test("sequences begin at 1 and end where BEP 44 does", () => {
  expect(() => signBootstrap(server, secretOf(9), 0n)).toThrow(RangeError)
  expect(() => signBootstrap(server, secretOf(9), MAX_SEQUENCE + 1n)).toThrow(RangeError)
  expect(verifyBootstrap(signBootstrap(server, secretOf(9), MAX_SEQUENCE)).sequence).toBe(MAX_SEQUENCE)
})

test("items of one key compare by sequence, and two texts of one sequence are a conflict", () => {
  expect(compareBootstraps({ ...signed, sequence: 6n }, signed)).toBe("newer")
  expect(compareBootstraps({ ...signed, sequence: 4n }, signed)).toBe("older")
  expect(compareBootstraps(verifyBootstrap(signed), signed)).toBe("same")
  expect(compareBootstraps(signBootstrap({ type: "server", urls: [] }, secretOf(9), 5n), signed)).toBe("conflict")
})

test("bootstraps from strangers are refused cleanly or read, in linear time", () => {
  const valid = vectors.texts.map(({ text }) => fromHex(text)).filter((text) => text.length < 400)
  expect(feedHostileInput(readBootstrap, valid, { runs: 30_000 })).toBeGreaterThan(5000)
  for (const line of ["\n", "x\n", "1 \n", "mosaictcp://a\n"]) {
    const prepare = (size: number): Uint8Array => concatBytes(encodeUtf8("S\n"), encodeUtf8(line.repeat(size).slice(0, size)))
    expect(growthExponent(60, prepare, readBootstrap)).toBeLessThan(1.6)
  }
})
