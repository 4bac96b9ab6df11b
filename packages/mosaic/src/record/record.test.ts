/// <reference types="vite/client" />
import { expect, test } from "vitest"
import vectorText from "../../../../vectors/records.json?raw"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex, toHex } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { prehash } from "../keys/prehash.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { sign } from "../keys/signature.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { nonceFromText } from "../nonce.ts"
import { parseTimestamp } from "../timestamp.ts"
import { buildRecord } from "./build.ts"
import { recordToJson } from "./json.ts"
import { AT, MAX_RECORD_LENGTH } from "./layout.ts"
import { claimedIdPrefix, parseRecord, verifyRecord } from "./unverified.ts"

interface Vector {
  readonly name: string
  readonly hex: string
  readonly valid: boolean
  readonly reason: string
}
const vectors = JSON.parse(vectorText) as readonly Vector[]
const secret = parseSecretKey(new Uint8Array(32).fill(1))
const author = publicKeyOf(secret)
const timestamp = parseTimestamp(1_760_000_000_000_000_000n)
const parts = { author, signer: secret, kind: MICROBLOG_ROOT, nonce: nonceFromText("x"), timestamp }
const ordinary = buildRecord({ ...parts, tags: [{ type: 0x24, value: fromHex("00000000613a62") }], payload: fromHex("616263") })

function reasonOf(bytes: Uint8Array): string {
  try {
    verifyRecord(bytes)
    return "valid"
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return error.reason
    throw error
  }
}

/** Makes id and signature fit what was changed. */
function signed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(ordinary.bytes)
  change(bytes)
  const hash = prehash(bytes.subarray(AT.nonce, -64))
  bytes.set(bytes.subarray(AT.timestamp, AT.flags), AT.id)
  bytes.set(hash.subarray(0, 40), AT.hash)
  bytes.set(sign(hash, secret), bytes.length - 64)
  return bytes
}

test("there are vectors", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(52)
})

test.each(vectors)("records.json: $name", ({ hex, valid, reason }) => {
  expect(reasonOf(fromHex(hex))).toBe(reason)
  expect(reasonOf(fromHex(hex)) === "valid").toBe(valid)
})

test.each([
  ["nothing", () => undefined, "valid"],
  ["reserved flag 0x02", (bytes: Uint8Array) => bytes.fill(0x02, 136, 137), "reserved flag bits"],
  ["reserved flag 0x20", (bytes: Uint8Array) => bytes.fill(0x20, 136, 137), "reserved flag bits"],
  ["flag byte 1", (bytes: Uint8Array) => bytes.fill(1, 137, 138), "reserved flag bits"],
  ["flag byte 2", (bytes: Uint8Array) => bytes.fill(0x80, 138, 139), "reserved flag bits"],
  ["flag bytes 3 to 7", (bytes: Uint8Array) => bytes.fill(0xff, 139, 144), "valid"],
  ["signature scheme 01", (bytes: Uint8Array) => bytes.fill(0x40, 136, 137), "unsupported signature scheme"],
  ["signature scheme 11", (bytes: Uint8Array) => bytes.fill(0xc0, 136, 137), "unsupported signature scheme"],
  ["the reserved reading rights", (bytes: Uint8Array) => bytes.fill(0x18, 63, 64), "reserved kind bits: reading rights"],
  ["a tag length of 3", (bytes: Uint8Array) => bytes.fill(3, 152, 153), "tags"],
  ["a tag past the end of its section", (bytes: Uint8Array) => bytes.fill(12, 152, 153), "tags"],
  ["an author of small order", (bytes: Uint8Array) => bytes.fill(0, 64, 96), "author key"],
  ["a signer of small order", (bytes: Uint8Array) => bytes.fill(0, 96, 128), "signing key"],
  ["author and signer of small order", (bytes: Uint8Array) => bytes.fill(0, 64, 128), "author key"],
  ["a signer that is not canonical", (bytes: Uint8Array) => bytes.fill(0xff, 96, 128), "signing key"],
  ["padding", (bytes: Uint8Array) => bytes.fill(0xff, 163, 168), "valid"],
] as const)("a record signed with %s changed", (_, change, reason) => {
  expect(reasonOf(signed(change))).toBe(reason)
})

test("a record one byte too long is refused by its length", () => {
  const longest = new Uint8Array(MAX_RECORD_LENGTH + 8)
  longest.set(ordinary.bytes)
  expect(reasonOf(longest)).toBe("length")
})

test("every single changed bit of a record is noticed", () => {
  const { bytes } = ordinary
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(reasonOf(changed), `bit ${bit}`).not.toBe("valid")
  }
})

test("parsing copies nothing and judges nothing", () => {
  const bytes = Uint8Array.from(ordinary.bytes)
  bytes.fill(0, -64)
  const unverified = parseRecord(bytes)
  expect(unverified.bytes.buffer).toBe(bytes.buffer)
  expect(unverified.claimedId).toEqual(ordinary.id)
  expect(() => unverified.verify()).toThrow(expect.objectContaining({ name: "VerifyError", reason: "signature" }))
})

test("a record inside of a larger buffer is verified as well", () => {
  const surrounded = new Uint8Array(ordinary.bytes.length + 20)
  surrounded.set(ordinary.bytes, 13)
  expect(verifyRecord(surrounded.subarray(13, -7)).id).toEqual(ordinary.id)
})

test("a submission is named by the 32 bytes it starts with, or those there are", () => {
  expect(claimedIdPrefix(ordinary.bytes)).toEqual(ordinary.id.subarray(0, 32))
  expect(toHex(claimedIdPrefix(Uint8Array.of(1, 2)))).toBe(`0102${"00".repeat(30)}`)
})

const valid = vectors.filter((vector) => vector.hex.length < 2000).map((vector) => fromHex(vector.hex))

/** Makes the lengths fit again, and both timestamps, so that mutations reach what lies behind. */
function repairForm(bytes: Uint8Array): void {
  if (bytes.length < 216) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tags = Math.min(view.getUint16(144, true), bytes.length - 216) & ~7
  view.setUint16(144, tags, true)
  view.setUint16(146, 64, true)
  view.setUint32(148, bytes.length - 216 - tags, true)
  view.setBigUint64(0, view.getBigUint64(128))
}

test("records from strangers are refused cleanly or parsed", () => {
  const accepted = feedHostileInput((bytes) => parseRecord(bytes).claimedId, valid, { repair: repairForm })
  expect(accepted).toBeGreaterThan(1000)
})

test("records from strangers are refused cleanly, also where the hash fits", () => {
  const repair = (bytes: Uint8Array): void => {
    repairForm(bytes)
    if (bytes.length >= 216) bytes.set(prehash(bytes.subarray(48, -64)).subarray(0, 40), 8)
  }
  feedHostileInput(verifyRecord, valid, { runs: 4000, repair })
})

test("what a stranger signed is verified and shown, whatever it holds", () => {
  const accepted = feedHostileInput(
    (bytes) => {
      const resigned = bytes.length < 216 ? bytes : signedWhole(bytes)
      return recordToJson(verifyRecord(resigned))
    },
    valid,
    { runs: 1500, repair: repairForm },
  )
  expect(accepted).toBeGreaterThan(30)
})

function signedWhole(bytes: Uint8Array): Uint8Array {
  bytes.set(author, 96)
  const hash = prehash(bytes.subarray(48, -64))
  bytes.set(hash.subarray(0, 40), 8)
  bytes.set(sign(hash, secret), bytes.length - 64)
  return bytes
}

test("records are parsed and verified in linear time", () => {
  const prepare = (size: number): Uint8Array => buildRecord({ ...parts, payload: new Uint8Array(size) }).bytes
  expect(growthExponent(60_000, prepare, parseRecord, 1)).toBeLessThan(1.6)
  expect(growthExponent(60_000, prepare, verifyRecord)).toBeLessThan(1.6)
})
