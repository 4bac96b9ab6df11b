import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../test/growth.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { master, masterSecret, secretOf } from "../test/subkeys.ts"
import { concatBytes } from "./bytes.ts"
import { MAX_HOME_DOORS, buildHome, namesDoor, readHome, verifyHome } from "./home.ts"
import { signAttestation } from "./key-schedule/attestation.ts"
import { publicKeyOf } from "./keys/secret-key.ts"
import { nonceFromText } from "./nonce.ts"
import { buildRecord } from "./record/build.ts"
import { HOME, KEPT } from "./tessera-kinds.ts"
import { parseTimestamp } from "./timestamp.ts"

const timestamp = parseTimestamp(5n)
const keyOf = (seed: number) => publicKeyOf(secretOf(seed))
const header = (version = 1, number = 0) => Uint8Array.of(version, 0, 0, 0, 0, 0, 0, number)
const door = (seed: number) => signAttestation(secretOf(seed), master)

test("a Home reads back as it was built, at the one address that a person's Home has", () => {
  const number = fc.integer({ min: 0, max: 0xffff_ffff })
  const seeds = fc.uniqueArray(fc.integer({ min: 2, max: 250 }), { minLength: 1, maxLength: MAX_HOME_DOORS })
  fc.assert(
    fc.property(number, seeds, (which, doors) => {
      const record = buildHome({ master: masterSecret, number: which, doors: doors.map(secretOf), timestamp })
      const [current, ...former] = doors.map(keyOf)
      expect(readHome(record)).toEqual({ number: which, door: current, former })
      expect(record.address).toEqual(buildHome({ master: masterSecret, number: 1, doors: [secretOf(9)], timestamp }).address)
      for (const seed of doors) expect(namesDoor(readHome(record), keyOf(seed))).toBe(true)
      expect(namesDoor(readHome(record), keyOf(251))).toBe(false)
    }),
    { numRuns: 10 },
  )
})

test.each([
  ["nothing", new Uint8Array(0), "DecodeError", "cut off"],
  ["another version", concatBytes(header(2), door(2)), "DecodeError", "version 2"],
  ["a byte that must be zero", concatBytes(Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0), door(2)), "DecodeError", "not zero"],
  ["a door cut off", concatBytes(header(), door(2)).subarray(0, -1), "DecodeError", "a door cut off"],
  ["no door", header(), "DecodeError", "no door"],
  ["nine doors", concatBytes(header(), ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map(door)), "DecodeError", "9 doors"],
  ["a door twice", concatBytes(header(), door(2), door(3), door(2)), "VerifyError", "a door twice"],
  ["the door of somebody else", concatBytes(header(), signAttestation(secretOf(2), keyOf(3))), "VerifyError", "another master key"],
])("refuses %s", (_, payload, name, message) => {
  expect(() => verifyHome(payload, master)).toThrow(expect.objectContaining({ name, message: expect.stringContaining(message) as string }))
})

test("a door that did not sign is refused, also among the former ones", () => {
  for (const at of [0, 1]) {
    const payload = concatBytes(header(), door(2), door(3))
    payload[8 + 136 * at + 100] = (payload[8 + 136 * at + 100] ?? 0) ^ 1
    expect(() => verifyHome(payload, master)).toThrow(expect.objectContaining({ name: "VerifyError" }))
  }
})

test("only the master key says where its home is, and only in a Home record", () => {
  const parts = { author: master, nonce: nonceFromText("home"), timestamp, payload: concatBytes(header(1, 7), door(2)) }
  expect(readHome(buildRecord({ ...parts, signer: masterSecret, kind: HOME })).number).toBe(7)
  expect(() => readHome(buildRecord({ ...parts, signer: secretOf(2), kind: HOME }))).toThrow("not signed by the master key")
  expect(() => readHome(buildRecord({ ...parts, signer: masterSecret, kind: KEPT }))).toThrow("another kind")
  expect(() => readHome(buildRecord({ ...parts, signer: masterSecret, kind: HOME, payload: header() }))).toThrow(
    expect.objectContaining({ name: "VerifyError" }),
  )
})

test("nothing is built that could not be read", () => {
  const parts = { master: masterSecret, timestamp }
  expect(() => buildHome({ ...parts, number: 0, doors: [] })).toThrow(RangeError)
  expect(() => buildHome({ ...parts, number: 0, doors: new Array(9).fill(secretOf(2)) })).toThrow(RangeError)
  expect(() => buildHome({ ...parts, number: -1, doors: [secretOf(2)] })).toThrow(RangeError)
})

test("homes from strangers are refused cleanly or read, and never take longer than eight doors do", () => {
  feedHostileInput((bytes) => verifyHome(bytes, master), [concatBytes(header(), door(2), door(3)), concatBytes(header(), door(2))], {
    runs: 2_000,
  })
  const prepare = (size: number) => concatBytes(header(), new Uint8Array(136 * size))
  expect(growthExponent(1000, prepare, (payload) => expect(() => verifyHome(payload, master)).toThrow("doors"))).toBeLessThan(1.2)
})
