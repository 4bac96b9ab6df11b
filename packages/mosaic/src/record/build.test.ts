import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { concatBytes, encodeUtf8 } from "../bytes.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { nonceFromBytes, nonceFromText } from "../nonce.ts"
import { addressAuthor, addressKind, addressNonce, recordIdTimestamp } from "../reference.ts"
import { MAX_TIMESTAMP, ZERO_TIMESTAMP, encodeTimestamp, parseTimestamp } from "../timestamp.ts"
import { buildRecord } from "./build.ts"
import { MAX_RECORD_LENGTH, MIN_RECORD_LENGTH } from "./layout.ts"
import { verifyRecord } from "./unverified.ts"

const master = parseSecretKey(new Uint8Array(32).fill(1))
const subkey = parseSecretKey(new Uint8Array(32).fill(2))
const author = publicKeyOf(master)
const parts = { author, signer: master, kind: MICROBLOG_ROOT, nonce: nonceFromText("x"), timestamp: parseTimestamp(5n) }

test("what a record was built of is read from it after verification", () => {
  fc.assert(
    fc.property(
      fc.record({
        kind: arbitrary.kind,
        timestamp: arbitrary.timestamp,
        nonce: arbitrary.bytes(8),
        bySubkey: fc.boolean(),
        fromAuthor: fc.boolean(),
      }),
      fc.array(arbitrary.tag, { maxLength: 5 }),
      fc.uint8Array({ maxLength: 100 }),
      ({ kind, timestamp, nonce: nonceBytes, bySubkey, fromAuthor }, tags, payload) => {
        const nonce = nonceFromBytes(nonceBytes)
        const signer = bySubkey ? subkey : master
        const built = buildRecord({ author, signer, kind, nonce, timestamp, tags, payload, fromAuthor })
        const read = verifyRecord(Uint8Array.from(built.bytes))
        expect(read.bytes).toEqual(built.bytes)
        for (const record of [built, read]) {
          expect([record.nonce, record.kind, record.author, record.signer]).toEqual([nonce, kind, author, publicKeyOf(signer)])
          expect([record.timestamp, record.tags, record.payload]).toEqual([timestamp, tags, payload])
          expect([record.isFromAuthor, record.isCompressed, record.flags[0]]).toEqual([fromAuthor, false, fromAuthor ? 4 : 0])
          expect(record.readPayload()).toEqual(payload)
          expect(record.signature).toHaveLength(64)
          expect(recordIdTimestamp(record.id)).toBe(timestamp)
          expect([addressNonce(record.address), addressKind(record.address), addressAuthor(record.address)]).toEqual([nonce, kind, author])
        }
      },
    ),
    { numRuns: 25 },
  )
})

test("everything is signed but the id, and padding is zero", () => {
  const { bytes } = buildRecord({ ...parts, tags: [{ type: 1, value: Uint8Array.of(1) }], payload: Uint8Array.of(2) })
  expect(bytes).toHaveLength(152 + 8 + 8 + 64)
  expect(bytes.subarray(144, 168)).toEqual(Uint8Array.of(5, 0, 64, 0, 1, 0, 0, 0, 5, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0))
  expect(bytes.subarray(0, 8)).toEqual(encodeTimestamp(parts.timestamp))
})

test("signing is deterministic", () => {
  expect(buildRecord(parts).bytes).toEqual(buildRecord(parts).bytes)
})

test("the smallest and the greatest record verify, and one byte more is refused", () => {
  expect(verifyRecord(buildRecord(parts).bytes).bytes).toHaveLength(MIN_RECORD_LENGTH)
  const greatest = buildRecord({ ...parts, payload: new Uint8Array(MAX_RECORD_LENGTH - MIN_RECORD_LENGTH) })
  expect(verifyRecord(greatest.bytes).bytes).toHaveLength(MAX_RECORD_LENGTH)
  expect(() => buildRecord({ ...parts, payload: new Uint8Array(MAX_RECORD_LENGTH - MIN_RECORD_LENGTH + 1) })).toThrow(RangeError)
  expect(() => buildRecord({ ...parts, tags: [{ type: 1, value: new Uint8Array(65_532) }] })).toThrow(RangeError)
})

test("the edges of time verify", () => {
  for (const timestamp of [ZERO_TIMESTAMP, MAX_TIMESTAMP])
    expect(verifyRecord(buildRecord({ ...parts, timestamp }).bytes).timestamp).toBe(timestamp)
})

test("a payload above the caller's limit is refused", () => {
  const record = buildRecord({ ...parts, payload: encodeUtf8("twelve bytes") })
  expect(record.readPayload({ limit: 12 })).toHaveLength(12)
  expect(() => record.readPayload({ limit: 11 })).toThrow(
    expect.objectContaining({ name: "DecodeError", reason: expect.stringContaining("too large") }),
  )
})

test("tags are read once and cannot be changed", () => {
  const record = buildRecord({ ...parts, tags: [{ type: 1, value: Uint8Array.of(1) }] })
  expect(record.tags).toBe(record.tags)
  expect(Object.isFrozen(record.tags)).toBe(true)
})

test("building takes linear time", () => {
  const prepare = (size: number): Uint8Array => concatBytes(new Uint8Array(size))
  expect(growthExponent(60_000, prepare, (payload) => buildRecord({ ...parts, payload }))).toBeLessThan(1.6)
})
