import { expect, test } from "vitest"
import { feedHostileInput } from "../../test/hostile.ts"
import { encryptionSubkey, master, masterSecret, nostrSubkey, secretOf, signingSubkey } from "../../test/subkeys.ts"
import { fromHex, toHex } from "../bytes.ts"
import { VerifyError } from "../errors.ts"
import { signEd25519 } from "../keys/signature.ts"
import { publicKeyOf } from "../keys/secret-key.ts"
import { KEY_SCHEDULE, PROFILE } from "../kinds.ts"
import { nonceFromText } from "../nonce.ts"
import { buildRecord } from "../record/build.ts"
import type { RecordParts } from "../record/build.ts"
import { verifyRecord } from "../record/unverified.ts"
import { subkeyTag } from "../tags/build.ts"
import { parseTimestamp } from "../timestamp.ts"
import { parseAttestation, signAttestation, verifyAttestation } from "./attestation.ts"
import type { KeyScheduleEntry, SigningSubkey } from "./entry.ts"
import { KEY_SCHEDULE_NONCE, buildKeySchedule, readKeySchedule } from "./key-schedule.ts"
import { encodeKeySchedule } from "./payload.ts"

const timestamp = parseTimestamp(100n)
const entries: readonly KeyScheduleEntry[] = [
  signingSubkey(2),
  encryptionSubkey(3),
  nostrSubkey(4),
  signingSubkey(5, "revokedPast", timestamp),
]

const scheduleOf = (payload: Uint8Array, keys: readonly Uint8Array[], parts: Partial<RecordParts> = {}) =>
  buildRecord({
    author: master,
    signer: masterSecret,
    kind: KEY_SCHEDULE,
    nonce: KEY_SCHEDULE_NONCE,
    timestamp,
    tags: keys.map(subkeyTag),
    payload,
    ...parts,
  })

test("a key schedule is built, travels, and is read", () => {
  const schedule = readKeySchedule(verifyRecord(buildKeySchedule({ master: masterSecret, timestamp, entries }).bytes))
  expect(schedule.entries).toEqual(entries)
  expect(schedule.master).toEqual(master)
  expect(schedule.record.kind).toBe(KEY_SCHEDULE)
  expect(schedule.record.tags.map(({ value }) => toHex(value.subarray(4)))).toEqual(entries.map(({ key }) => toHex(key)))
})

test("a key schedule may be empty: nobody but the master key acts", () => {
  expect(readKeySchedule(buildKeySchedule({ master: masterSecret, timestamp, entries: [] })).entries).toEqual([])
})

test("a key that stands in two entries is tagged once", () => {
  const record = buildKeySchedule({
    master: masterSecret,
    timestamp,
    entries: [signingSubkey(2), signingSubkey(2, "revokedAll", timestamp)],
  })
  expect(record.tags).toHaveLength(1)
  expect(readKeySchedule(record).entries).toHaveLength(2)
})

test("its nonce is the one that everybody of ours looks for", () => {
  expect(toHex(KEY_SCHEDULE_NONCE)).toBe(toHex(nonceFromText("key schedule")))
  expect((KEY_SCHEDULE_NONCE[0] ?? 0) & 0x80).toBe(0x80)
  expect(toHex(buildKeySchedule({ master: masterSecret, timestamp, entries }).nonce)).toBe(toHex(KEY_SCHEDULE_NONCE))
})

test("any nonce is read", () => {
  const record = scheduleOf(
    encodeKeySchedule(entries),
    entries.map(({ key }) => key),
    { nonce: nonceFromText("another") },
  )
  expect(readKeySchedule(record).entries).toHaveLength(4)
})

const withAttestation = (attestation: Uint8Array): Uint8Array => {
  const payload = encodeKeySchedule([signingSubkey(2)])
  payload.set(attestation, 16)
  return payload
}
const key = signingSubkey(2).key
const forAnother = signAttestation(secretOf(2), publicKeyOf(secretOf(9)))
const tampered = signAttestation(secretOf(2), master)
tampered[135] = (tampered[135] ?? 0) ^ 1
const byAnother = signAttestation(secretOf(2), master)
byAnother.set(signEd25519(byAnother.subarray(0, 72), secretOf(9)), 72)
const smallOrder = signAttestation(secretOf(2), master)
smallOrder.set(fromHex("0100000000000000000000000000000000000000000000000000000000000000"), 8)
const smallOrderKey = smallOrder.slice(8, 40)
const nostrOfAnother = encodeKeySchedule([nostrSubkey(4)])
nostrOfAnother[56] = (nostrOfAnother[56] ?? 0) ^ 1

test.each([
  ["another kind", scheduleOf(encodeKeySchedule([]), [], { kind: PROFILE }), "key schedule: another kind"],
  [
    "a subkey's signature on the record",
    scheduleOf(encodeKeySchedule([signingSubkey(2)]), [key], { signer: secretOf(2) }),
    "key schedule: not signed by the master key",
  ],
  ["a malformed payload", scheduleOf(new Uint8Array(3), []), "key schedule: entry cut off"],
  ["a signing key that is not tagged", scheduleOf(encodeKeySchedule([signingSubkey(2)]), []), "key schedule: subkey not tagged"],
  [
    "an encryption key that is not tagged",
    scheduleOf(
      encodeKeySchedule(entries),
      [0, 2, 3].map((at) => entries[at]?.key ?? key),
    ),
    "key schedule: subkey not tagged",
  ],
  [
    "a Nostr key that is not tagged",
    scheduleOf(
      encodeKeySchedule(entries),
      [0, 1, 3].map((at) => entries[at]?.key ?? key),
    ),
    "key schedule: subkey not tagged",
  ],
  [
    "a subkey tag with bytes set that must be zero",
    scheduleOf(encodeKeySchedule([signingSubkey(2)]), [], { tags: [{ type: 0x10, value: new Uint8Array([1, 0, 0, 0, ...key]) }] }),
    "key schedule: subkey not tagged",
  ],
  ["an attestation for another master key", scheduleOf(withAttestation(forAnother), [key]), "attestation: another master key"],
  ["a Nostr key's attestation for another master key", scheduleOf(nostrOfAnother, [nostrSubkey(4).key]), "attestation: another master key"],
  ["a tampered attestation", scheduleOf(withAttestation(tampered), [key]), "signature"],
  ["an attestation that another key signed", scheduleOf(withAttestation(byAnother), [key]), "signature"],
  ["a subkey of small order", scheduleOf(withAttestation(smallOrder), [smallOrderKey]), "small order"],
  [
    "an attestation of a key that is only named",
    scheduleOf(withAttestation(signAttestation(secretOf(9), master)), [key]),
    "key schedule: subkey not tagged",
  ],
] as const)("refuses %s", (_, record, reason) => {
  // "s out of range" and the like would do as well for a tampered signature, but each case here fails for one reason.
  expect(() => readKeySchedule(record)).toThrow(expect.objectContaining({ name: "VerifyError", reason }))
})

test("what nobody would accept cannot be built", () => {
  const foreign: SigningSubkey = { ...signingSubkey(2), attestation: forAnother }
  expect(() => buildKeySchedule({ master: masterSecret, timestamp, entries: [foreign] })).toThrow(RangeError)
})

test("an attestation says its subkey and master key, and verifies for that master key only", () => {
  const block = signAttestation(secretOf(2), master)
  expect(parseAttestation(block)).toMatchObject({ algorithm: 0, subkey: key, master })
  expect(verifyAttestation(block, master)).toEqual(key)
  expect(() => verifyAttestation(block, publicKeyOf(secretOf(9)))).toThrow(VerifyError)
})

test("an attestation of a secp256k1 key is not taken for verified", () => {
  expect(() => verifyAttestation(nostrSubkey(4).attestation ?? key, master)).toThrow(
    expect.objectContaining({ reason: "attestation: algorithm" }),
  )
})

test("a tampered attestation never verifies", () => {
  const block = signAttestation(secretOf(2), master)
  // Signatures are slow to check: fewer runs, and none may be accepted but the block itself.
  const accepted = feedHostileInput(
    (bytes) => {
      verifyAttestation(bytes, master)
      if (toHex(bytes) !== toHex(block)) throw new Error("accepted")
    },
    [block],
    { runs: 2000 },
  )
  expect(accepted).toBeLessThan(100)
})
