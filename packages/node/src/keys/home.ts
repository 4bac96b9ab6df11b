import { hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { buildHome, MAX_HOME_DOORS, parseSecretKey } from "@tessera/mosaic"
import type { SecretKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"

/** `door` is open to strangers and stands on cards; `friends` serves sealed things. */
export type Face = "door" | "friends"

const FACE_BYTE = { door: 0, friends: 1 } as const

/**
 * The key of a home: Mosaic server identity and TLS key in one. The same master gives the same homes on every device.
 * HKDF-SHA-256(master seed, no salt, info "tessera home" ‖ face byte ‖ number as 32 bits big-endian), 32 bytes, an Ed25519 seed.
 * @throws {RangeError} when `number` is not an unsigned integer of 32 bits.
 */
export function deriveHomeKey(master: SecretKey, face: Face, number: number): SecretKey {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) throw new RangeError("number must be an unsigned integer of 32 bits")
  return parseSecretKey(
    hkdf(sha256, master, undefined, Uint8Array.of(...new TextEncoder().encode("tessera home"), FACE_BYTE[face], ...uint32(number)), 32),
  )
}

/** Builds the record that says where the person's door is: that of the home with this number, and which doors stood before it. */
export function announceHome(master: SecretKey, number: number, timestamp: Timestamp): VerifiedRecord {
  const doors = Array.from({ length: Math.min(number + 1, MAX_HOME_DOORS) }, (_, back) => deriveHomeKey(master, "door", number - back))
  try {
    return buildHome({ master, number, doors, timestamp })
  } finally {
    for (const door of doors) door.fill(0)
  }
}

/** 32 bits, big-endian. */
export function uint32(number: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}
