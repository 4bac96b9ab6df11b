import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../test/arbitrary.ts"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { master, masterSecret, secretOf } from "../test/subkeys.ts"
import { concatBytes, fromHex } from "./bytes.ts"
import { MAX_KEPT_IDS, buildKept, decodeKept, encodeKept, keptNonce, readKept } from "./kept.ts"
import { publicKeyOf } from "./keys/secret-key.ts"
import { buildRecord } from "./record/build.ts"
import { type RecordId, isRecordId, parseRecordId } from "./reference.ts"
import { KEPT, HOME } from "./tessera-kinds.ts"
import { parseTimestamp } from "./timestamp.ts"

const recordId = arbitrary.reference.filter(isRecordId)
const numbered = (number: number): RecordId => {
  const bytes = new Uint8Array(48)
  new DataView(bytes.buffer).setUint32(4, number)
  return parseRecordId(bytes)
}
const timestamp = parseTimestamp(5n)
const device = publicKeyOf(secretOf(2))

test("a list has what was put into it, in whatever order, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(recordId), fc.array(recordId), (ids, others) => {
      const kept = decodeKept(encodeKept([...ids, ...ids]))
      const hex = new Set(ids.map(String))
      expect(kept.size).toBe(hex.size)
      for (const id of [...ids, ...others]) expect(kept.has(id)).toBe(hex.has(String(id)))
      expect(encodeKept(ids.toReversed())).toEqual(encodeKept(ids))
    }),
  )
})

test("a record of it reads back, and holds as many ids as fit", () => {
  const ids = Array.from({ length: MAX_KEPT_IDS }, (_, index) => numbered(index * 2))
  const record = buildKept({ master: masterSecret, device, timestamp, ids })
  const kept = readKept(record)
  expect([kept.size, kept.has(numbered(4000)), kept.has(numbered(4001))]).toEqual([MAX_KEPT_IDS, true, false])
  expect(() => encodeKept([...ids, numbered(1)])).toThrow(RangeError)
})

test.each([
  ["nothing", ""],
  ["a header cut off", "01000000000000"],
  ["another version", "0200000000000000"],
  ["a byte that must be zero", "0100000000000001"],
  ["an id cut off", "0100000000000000" + "11".repeat(47)],
  ["an address", "0100000000000000" + "91".repeat(48)],
  ["a repeated id", "0100000000000000" + "11".repeat(96)],
  ["ids that descend", "0100000000000000" + "22".repeat(48) + "11".repeat(48)],
])("refuses %s", (_, hex) => {
  expect(() => decodeKept(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError" }))
})

test("only the master key keeps, and only in a Kept record", () => {
  const parts = { author: master, nonce: keptNonce(device), timestamp, payload: encodeKept([numbered(1)]) }
  expect(readKept(buildRecord({ ...parts, signer: masterSecret, kind: KEPT })).size).toBe(1)
  expect(() => readKept(buildRecord({ ...parts, signer: secretOf(2), kind: KEPT }))).toThrow("not signed by the master key")
  expect(() => readKept(buildRecord({ ...parts, signer: masterSecret, kind: HOME }))).toThrow("another kind")
  expect(() => readKept(buildRecord({ ...parts, signer: masterSecret, kind: KEPT, payload: Uint8Array.of(9) }))).toThrow("kept")
})

test("each device and each part has its own address", () => {
  const nonces = [keptNonce(device), keptNonce(device, 1), keptNonce(master)].map(String)
  expect(new Set(nonces).size).toBe(3)
  expect(() => keptNonce(device, 256)).toThrow(RangeError)
  expect(() => keptNonce(device, -1)).toThrow(RangeError)
})

test("lists from strangers are refused cleanly or read", () => {
  const valid = [encodeKept([numbered(1), numbered(2)]), encodeKept([])]
  const accepted = feedHostileInput((bytes) => decodeKept(bytes).has(numbered(1)), valid)
  expect(accepted).toBeGreaterThan(1000)
})

test("a list is read in linear time", () => {
  const prepare = (size: number) => concatBytes(encodeKept([]), ...Array.from({ length: size }, (_, index) => numbered(index)))
  expect(growthExponent(1000, prepare, decodeKept)).toBeLessThan(1.6)
})
