import { blake3 } from "@noble/hashes/blake3.js"
import { compareBytes, concatBytes, encodeUtf8, equalBytes } from "./bytes.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { type Nonce, nonceFromBytes } from "./nonce.ts"
import { REFERENCE_LENGTH, type RecordId } from "./reference.ts"
import { buildRecord } from "./record/build.ts"
import type { VerifiedRecord } from "./record/verified.ts"
import { KEPT } from "./tessera-kinds.ts"
import type { Timestamp } from "./timestamp.ts"

const VERSION = 1
const HEADER_LENGTH = 8

/** The most ids that one Kept record lists: as many as fit beside the rest of a record. A longer history takes several records. */
export const MAX_KEPT_IDS = 21_840

/** The records of an author that stay valid although the device that signed them is revoked or out of use. */
export interface KeptIds {
  /** Whether this record is kept. */
  has(id: RecordId): boolean
}

/**
 * Writes the payload of a Kept record: version 1, seven zero bytes, then the ids, 48 bytes each, ascending.
 *
 * @param ids in any order; a repeated one counts once.
 * @throws {RangeError} above 21,840 ids.
 */
export function encodeKept(ids: readonly RecordId[]): Uint8Array {
  const sorted = [...ids].sort(compareBytes).filter((id, index, all) => index === 0 || !equalBytes(id, all[index - 1] ?? id))
  if (sorted.length > MAX_KEPT_IDS) throw new RangeError(`ids: ${sorted.length}, at most ${MAX_KEPT_IDS}`)
  const header = new Uint8Array(HEADER_LENGTH)
  header[0] = VERSION
  return concatBytes(header, ...sorted)
}

/**
 * Reads the payload of a Kept record. The list is a view into it, searched in place: 48 bytes an id are all that it takes.
 *
 * @throws {DecodeError} when the version is another, a byte that must be zero is not, the length is none, or the ids are not ascending.
 */
export function decodeKept(payload: Uint8Array): KeptIds & { readonly size: number } {
  if (payload.length < HEADER_LENGTH) throw new DecodeError("kept: cut off")
  if (payload[0] !== VERSION) throw new DecodeError(`kept: version ${payload[0]}`)
  if (payload.subarray(1, HEADER_LENGTH).some((byte) => byte !== 0)) throw new DecodeError("kept: not zero", 1)
  const ids = payload.subarray(HEADER_LENGTH)
  if (ids.length % REFERENCE_LENGTH !== 0) throw new DecodeError("kept: an id cut off", payload.length)
  const size = ids.length / REFERENCE_LENGTH
  const at = (index: number): Uint8Array => ids.subarray(index * REFERENCE_LENGTH, (index + 1) * REFERENCE_LENGTH)
  for (let index = 0; index < size; index += 1) {
    const offset = HEADER_LENGTH + index * REFERENCE_LENGTH
    if (((ids[index * REFERENCE_LENGTH] ?? 0) & 0x80) !== 0) throw new DecodeError("kept: an address", offset)
    if (index > 0 && compareBytes(at(index - 1), at(index)) >= 0) throw new DecodeError("kept: not ascending", offset)
  }
  return { size, has: (id) => id.length === REFERENCE_LENGTH && hasId(at, size, id) }
}

function hasId(at: (index: number) => Uint8Array, size: number, id: Uint8Array): boolean {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareBytes(at(middle), id)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle
  }
  return false
}

/**
 * Reads the list in a Kept record.
 *
 * @throws {VerifyError} when the record is of another kind, not signed by the author's master key, or its payload malformed.
 */
export function readKept(record: VerifiedRecord): KeptIds & { readonly size: number } {
  if (record.kind !== KEPT) throw new VerifyError("kept: another kind")
  if (!equalBytes(record.signer, record.author)) throw new VerifyError("kept: not signed by the master key")
  try {
    return decodeKept(record.readPayload())
  } catch (error) {
    if (error instanceof DecodeError) throw new VerifyError(error.reason)
    throw error
  }
}

/**
 * The nonce of a Kept record: what is kept of one device has addresses of its own, so that the next removal replaces nothing.
 *
 * @param part 0 for the first 21,840 ids, then 1, 2, …: at most 255.
 */
export function keptNonce(device: Uint8Array, part = 0): Nonce {
  if (!Number.isInteger(part) || part < 0 || part > 255) throw new RangeError(`part: ${part}`)
  return nonceFromBytes(blake3(concatBytes(encodeUtf8("kept"), device, Uint8Array.of(part))).subarray(0, 8))
}

/** Builds and signs one Kept record. To be published before the schedule that revokes the device. @throws {RangeError} above 21,840 ids. */
export function buildKept(parts: {
  readonly master: SecretKey
  /** The public key of the device whose records these are. */
  readonly device: Uint8Array
  readonly part?: number
  readonly timestamp: Timestamp
  readonly ids: readonly RecordId[]
}): VerifiedRecord {
  const { master, device, part = 0, timestamp, ids } = parts
  const payload = encodeKept(ids)
  return buildRecord({ author: publicKeyOf(master), signer: master, kind: KEPT, nonce: keptNonce(device, part), timestamp, payload })
}
