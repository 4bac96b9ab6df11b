import { type SecretKey, concatBytes, publicKeyOf, signEd25519 } from "@tessera/mosaic"
import { u16, u64, zeros } from "../wire/bytes.ts"
import { KEY_SCHEDULE } from "./kind.ts"
import type { Person, Written } from "./person.ts"
import { subkey } from "./tag.ts"

/** Markers of the key schedule page. */
export const MARKER = { ACTIVE_SIGNING: 0x00, ACTIVE_ENCRYPTION: 0x01, REVOKED_ALL: 0x40, REVOKED_PAST: 0x41, OUT_OF_USE: 0x4f } as const

const ATTESTATION = Uint8Array.of(0x2c, 0x28, 0x98, 0xf5, 0x8b)
const ENCRYPTION_KEY = Uint8Array.of(0xd6, 0xda, 0xf0, 0xbd, 0x33)
/** Any: all of a person's schedules share it, so that they replace each other. */
const NONCE = Uint8Array.of(0xc0, 0x6e, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a)

/** A subkey's statement that it belongs to a master key, 136 bytes. */
export function attestation(device: SecretKey, master: Uint8Array): Uint8Array {
  const signed = concatBytes(ATTESTATION, Uint8Array.of(0), u16(64), publicKeyOf(device), master)
  return concatBytes(signed, signEd25519(signed, device))
}

/** An entry of the payload. */
export function entry(kind: number, marker: number, since: bigint, data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind, 0), u16(16 + data.length), u16(marker), zeros(2), u64(since), data)
}

/** `algorithm`: 0 for X25519, 1 for secp256k1. */
export const encryptionKey = (key: Uint8Array, algorithm = 0): Uint8Array =>
  concatBytes(ENCRYPTION_KEY, Uint8Array.of(algorithm), zeros(2), key)

/** The entry of a person's device. */
export function deviceEntry(person: Person, marker: number = MARKER.ACTIVE_SIGNING, since = 0n): Uint8Array {
  return entry(1, marker, since, attestation(person.device, person.key))
}

/** A person's key schedule. */
export function writeSchedule(person: Person, entries: readonly Uint8Array[], changes: Written = {}): Uint8Array {
  return person.write({ kind: KEY_SCHEDULE, nonce: NONCE, payload: concatBytes(...entries), tags: [subkey(person.deviceKey)], ...changes })
}

/** One that lists the device, as a marker says. */
export const scheduleOf = (person: Person, marker?: number, since?: bigint, changes?: Written): Uint8Array =>
  writeSchedule(person, [deviceEntry(person, marker, since)], changes)
