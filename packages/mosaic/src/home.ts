import { concatBytes, equalBytes } from "./bytes.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { ATTESTATION_LENGTH, signAttestation, verifyAttestation } from "./key-schedule/attestation.ts"
import type { PublicKey } from "./keys/public-key.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { nonceFromText } from "./nonce.ts"
import { buildRecord } from "./record/build.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { HOME } from "./tessera-kinds.ts"
import type { Timestamp } from "./timestamp.ts"

const VERSION = 1
const HEADER_LENGTH = 8

/** The most doors that one Home record names: the one that stands, and seven from before. */
export const MAX_HOME_DOORS = 8

/** Where a person's door is, as they and all these doors say. */
export interface Home {
  /** Which of the person's homes it is: 0 for the first; 32 bits. */
  readonly number: number
  /** The key of the door that stands. */
  readonly door: PublicKey
  /** The keys of earlier doors, the latest first: whoever has one of them is still right, and finds the new door by this. */
  readonly former: readonly PublicKey[]
}

/** Whether a Home names a door, as the one that stands or an earlier one. */
export function namesDoor(home: Home, door: Uint8Array): boolean {
  return [home.door, ...home.former].some((key) => equalBytes(key, door))
}

/**
 * Reads and checks the payload of a Home record of `person`: version 1, three zero bytes, the number (32 bits, big-endian), then one subkey attestation
 * (136 bytes) a door, signed by that door: a person cannot name the door of somebody else.
 *
 * @throws {DecodeError} when the version is another, a byte that must be zero is not, the length is none, or there are no or too many doors.
 * @throws {VerifyError} when a door does not attest to the person, or one is named twice.
 */
export function verifyHome(payload: Uint8Array, person: PublicKey): Home {
  if (payload.length < HEADER_LENGTH) throw new DecodeError("home: cut off")
  if (payload[0] !== VERSION) throw new DecodeError(`home: version ${payload[0]}`)
  if (payload.subarray(1, 4).some((byte) => byte !== 0)) throw new DecodeError("home: not zero", 1)
  const count = (payload.length - HEADER_LENGTH) / ATTESTATION_LENGTH
  if (!Number.isInteger(count)) throw new DecodeError("home: a door cut off", payload.length)
  if (count > MAX_HOME_DOORS) throw new DecodeError(`home: ${count} doors`, HEADER_LENGTH)
  const doors: PublicKey[] = []
  for (let start = HEADER_LENGTH; start < payload.length; start += ATTESTATION_LENGTH) {
    const door = verifyAttestation(payload.subarray(start, start + ATTESTATION_LENGTH), person)
    if (doors.some((known) => equalBytes(known, door))) throw new VerifyError("home: a door twice")
    doors.push(door)
  }
  const [door, ...former] = doors
  if (door === undefined) throw new DecodeError("home: no door", HEADER_LENGTH)
  return { number: new DataView(payload.buffer, payload.byteOffset).getUint32(4), door, former }
}

/**
 * Reads the Home in a record.
 *
 * @throws {VerifyError} when the record is of another kind, not signed by the author's master key, or its payload does not hold.
 */
export function readHome(record: VerifiedRecord): Home {
  if (record.kind !== HOME) throw new VerifyError("home: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("home: not signed by the master key")
  try {
    return verifyHome(record.readPayload(), record.author)
  } catch (error) {
    if (error instanceof DecodeError) throw new VerifyError(error.reason)
    throw error
  }
}

/**
 * Builds and signs a Home record. It replaces the one before it: a person has one, at the well-known nonce of "home".
 *
 * @param parts.doors the secret keys of the door that stands and of earlier ones, the latest first: 1 to 8.
 * @throws {RangeError} when there are none or too many doors, or `number` is no unsigned integer of 32 bits.
 */
export function buildHome(parts: {
  readonly master: SecretKey
  readonly number: number
  readonly doors: readonly SecretKey[]
  readonly timestamp: Timestamp
}): VerifiedRecord {
  const { master, number, doors, timestamp } = parts
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) throw new RangeError(`number: ${number}`)
  if (doors.length === 0 || doors.length > MAX_HOME_DOORS) throw new RangeError(`doors: ${doors.length}, 1 to ${MAX_HOME_DOORS}`)
  const author = publicKeyOf(master)
  const header = new Uint8Array(HEADER_LENGTH)
  header[0] = VERSION
  new DataView(header.buffer).setUint32(4, number)
  const payload = concatBytes(header, ...doors.map((door) => signAttestation(door, author)))
  return buildRecord({ author, signer: master, kind: HOME, nonce: nonceFromText("home"), timestamp, payload })
}
