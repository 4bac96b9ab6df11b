import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { spacedHex } from "../../test/spaced-hex.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { encryptionSubkey, master, nostrSubkey, signingSubkey } from "../../test/subkeys.ts"
import { concatBytes, toHex } from "../bytes.ts"
import { ZERO_TIMESTAMP, parseTimestamp } from "../timestamp.ts"
import { ATTESTATION_LENGTH } from "./attestation.ts"
import type { KeyScheduleEntry, SubkeyState } from "./entry.ts"
import { decodeKeySchedule, encodeKeySchedule } from "./payload.ts"

const later = parseTimestamp(0x0102n)
const states = fc.constantFrom<SubkeyState>("active", "outOfUse", "revokedAll", "revokedPast")
const signing = signingSubkey(2)
const nostr = nostrSubkey(3)
const nostrWithoutAttestation: KeyScheduleEntry = { use: "nostr", key: nostr.key, state: "active", since: ZERO_TIMESTAMP }

const entry: fc.Arbitrary<KeyScheduleEntry> = fc
  .tuple(fc.constantFrom<KeyScheduleEntry>(signing, encryptionSubkey(4), nostr, nostrWithoutAttestation), states, arbitrary.timestamp)
  .map(([subkey, state, since]) => ({ ...subkey, state, since: state === "active" ? ZERO_TIMESTAMP : since }))
  .filter(({ state, since }) => since !== ZERO_TIMESTAMP || state === "active" || state === "outOfUse")

test("a payload reads back as it was written", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
      expect(decodeKeySchedule(encodeKeySchedule(entries))).toEqual(entries)
    }),
  )
})

test("an entry of a signing key is laid out as the specification says", () => {
  const payload = encodeKeySchedule([{ ...signing, state: "revokedPast", since: later }])
  expect(payload.subarray(0, 88)).toEqual(
    spacedHex(`01 00 9800 4100 0000 0000000000000102 2c2898f58b 00 4000 ${toHex(signing.key)} ${toHex(master)}`),
  )
  expect(payload).toHaveLength(16 + ATTESTATION_LENGTH)
})

test("an entry of an encryption key is laid out as the specification says", () => {
  expect(encodeKeySchedule([encryptionSubkey(4)])).toEqual(
    spacedHex(`02 00 3800 0100 0000 0000000000000000 d6daf0bd33 00 0000 ${"04".repeat(32)}`),
  )
})

test.each([
  [signing, "active", 0x00],
  [encryptionSubkey(4), "active", 0x01],
  [nostr, "active", 0x80],
  [signing, "revokedAll", 0x40],
  [signing, "revokedPast", 0x41],
  [encryptionSubkey(4), "outOfUse", 0x4f],
] as const)("markers are the specification's", (subkey, state, marker) => {
  const payload = encodeKeySchedule([{ ...subkey, state, since: later }])
  expect([...payload.subarray(4, 6)]).toEqual([marker, 0])
})

test("the time of an active key is not written, and means nothing when read", () => {
  const payload = encodeKeySchedule([{ ...signing, since: later }])
  expect(decodeKeySchedule(payload)).toEqual([signing])
  payload[15] = 9
  expect(decodeKeySchedule(payload)).toEqual([{ ...signing, since: 9n }])
})

const change = (entries: readonly KeyScheduleEntry[], at: number, ...bytes: readonly number[]): Uint8Array => {
  const payload = encodeKeySchedule(entries)
  payload.set(bytes, at)
  return payload
}
const resize = (payload: Uint8Array, length: number): Uint8Array => {
  const resized = new Uint8Array(length)
  resized.set(payload.subarray(0, length))
  resized[2] = length
  return resized
}
const SIGNING = encodeKeySchedule([signing])
const ENCRYPTION = encodeKeySchedule([encryptionSubkey(4)])

test.each([
  ["half an entry", SIGNING.subarray(0, 15), "key schedule: entry cut off"],
  ["a length past the end", SIGNING.subarray(0, 151), "key schedule: entry length"],
  ["a length below the header", change([signing], 2, 15), "key schedule: entry length"],
  ["a length of zero", change([signing], 2, 0), "key schedule: entry length"],
  ["an entry that stops short", resize(SIGNING, 151), "attestation length: 135 bytes"],
  ["an entry with spare bytes", resize(SIGNING, 160), "attestation length: 144 bytes"],
  ["encryption data that stops short", resize(ENCRYPTION, 55), "encryption key length: 39 bytes"],
  ["encryption data with spare bytes", resize(ENCRYPTION, 64), "encryption key length: 48 bytes"],
  ["bytes behind the last entry", concatBytes(SIGNING, new Uint8Array(8)), "key schedule: entry cut off"],
  ["zeros as an entry", concatBytes(SIGNING, new Uint8Array(16)), "key schedule: entry length"],
  ["kind 0", change([signing], 0, 0), "key schedule: entry of kind 0"],
  ["kind 3", change([signing], 0, 3), "key schedule: entry of kind 3"],
  ["an attestation called encryption data", change([signing], 0, 2), "encryption key length: 136 bytes"],
  ["encryption data called attestation", change([encryptionSubkey(4)], 0, 1), "attestation length: 40 bytes"],
  ["a second byte that is not zero", change([signing], 1, 1), "key schedule: not zero"],
  ["a seventh byte that is not zero", change([signing], 6, 1), "key schedule: not zero"],
  ["an eighth byte that is not zero", change([signing], 7, 1), "key schedule: not zero"],
  ["an undefined marker", change([signing], 4, 2), "key schedule: marker not for signing"],
  ["a marker's second byte", change([signing], 5, 1), "key schedule: marker not for signing"],
  ["a signing key active for encryption", change([signing], 4, 1), "key schedule: marker not for signing"],
  ["a signing key active for Nostr", change([signing], 4, 0x80), "key schedule: marker not for signing"],
  ["an encryption key active for signing", change([encryptionSubkey(4)], 4, 0), "key schedule: marker not for encryption"],
  ["a Nostr key active for signing", change([nostr], 4, 0), "key schedule: marker not for nostr"],
  ["all revoked, no time", change([signing], 4, 0x40), "key schedule: revocation without a time"],
  ["the past revoked, no time", change([signing], 4, 0x41), "key schedule: revocation without a time"],
  ["a time whose first bit is set", change([signing], 8, 0x80), "timestamp"],
  ["other magic bytes of an attestation", change([signing], 16, 0x2d), "attestation magic"],
  ["a reserved algorithm of an attestation", change([signing], 21, 2), "attestation algorithm"],
  ["a signature of 63 bytes", change([signing], 22, 63), "attestation signature length"],
  ["a signature of 64 + 256 bytes", change([signing], 23, 1), "attestation signature length"],
  ["other magic bytes of encryption data", change([encryptionSubkey(4)], 20, 0), "encryption key magic"],
  ["a reserved algorithm of encryption data", change([encryptionSubkey(4)], 21, 2), "encryption key algorithm"],
  ["encryption data whose zeros are none", change([encryptionSubkey(4)], 23, 1), "encryption key: not zero"],
])("refuses %s", (_, payload, reason) => {
  expect(() => decodeKeySchedule(payload)).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
})

test("an error counts its offset from the start of the payload", () => {
  expect(() => decodeKeySchedule(concatBytes(SIGNING, change([signing], 21, 2)))).toThrow(expect.objectContaining({ offset: 152 + 21 }))
})

test.each<readonly [string, KeyScheduleEntry]>([
  ["a short key", { ...encryptionSubkey(4), key: new Uint8Array(31) }],
  ["a revocation without a time", { ...signing, state: "revokedAll" }],
  ["no attestation to speak of", { ...signing, attestation: new Uint8Array(136) }],
  ["another key's attestation", { ...signing, key: signingSubkey(9).key }],
  ["a Nostr key's attestation", { ...signing, attestation: nostr.attestation ?? new Uint8Array(0) }],
])("%s cannot be written: the caller's fault", (_, written) => {
  expect(() => encodeKeySchedule([written])).toThrow(RangeError)
})

test("survives hostile input", () => {
  const valid = fc.sample(fc.array(entry, { maxLength: 3 }), { numRuns: 30, seed: 1 }).map(encodeKeySchedule)
  const repair = (payload: Uint8Array): void => {
    if (payload.length === 152 || payload.length === 56) payload[2] = payload.length
  }
  expect(feedHostileInput(decodeKeySchedule, valid, { repair })).toBeGreaterThan(1000)
})

test("takes time linear in its input", () => {
  const prepare = (size: number): Uint8Array => concatBytes(...Array.from({ length: size }, () => SIGNING))
  expect(growthExponent(300, prepare, decodeKeySchedule)).toBeLessThan(1.6)
})
