import { concatBytes, equalBytes } from "../bytes.ts"
import { decodeAt } from "../decode-at.ts"
import { DecodeError } from "../errors.ts"
import { ZERO_TIMESTAMP, decodeTimestamp, encodeTimestamp } from "../timestamp.ts"
import { ALGORITHM_ED25519, ALGORITHM_SECP256K1, parseAttestation } from "./attestation.ts"
import { encodeEncryptionKey, parseEncryptionKey } from "./encryption-key.ts"
import type { KeyScheduleEntry } from "./entry.ts"
import { markerOf, stateOf } from "./marker.ts"

const HEADER_LENGTH = 16
const KIND_ATTESTATION = 1
const KIND_ENCRYPTION_KEY = 2

/**
 * Writes the payload of a key schedule. `since` of active keys is written as zeros.
 *
 * @throws {RangeError} when a key is not 32 bytes, an attestation is malformed or of another key or use, or a revocation has no time.
 */
export function encodeKeySchedule(entries: readonly KeyScheduleEntry[]): Uint8Array {
  return concatBytes(...entries.map(encodeEntry))
}

function encodeEntry(entry: KeyScheduleEntry): Uint8Array {
  if (entry.key.length !== 32) throw new RangeError("a subkey must be 32 bytes")
  const { state, since } = entry
  if (isRevoked(state) && since === ZERO_TIMESTAMP) throw new RangeError(`${state} needs a time`)
  const attestation = entry.use === "encryption" ? undefined : entry.attestation
  if (attestation !== undefined) requireAttestationOf(entry, attestation)
  const data = attestation ?? encodeEncryptionKey(entry.key, entry.use === "nostr" ? ALGORITHM_SECP256K1 : 0)
  const header = new Uint8Array(HEADER_LENGTH)
  const view = new DataView(header.buffer)
  view.setUint8(0, attestation === undefined ? KIND_ENCRYPTION_KEY : KIND_ATTESTATION)
  view.setUint16(2, HEADER_LENGTH + data.length, true)
  view.setUint16(4, markerOf(entry.use, state), true)
  header.set(encodeTimestamp(state === "active" ? ZERO_TIMESTAMP : since), 8)
  return concatBytes(header, data)
}

function requireAttestationOf(entry: KeyScheduleEntry, block: Uint8Array): void {
  const algorithm = entry.use === "signing" ? ALGORITHM_ED25519 : ALGORITHM_SECP256K1
  try {
    const attestation = parseAttestation(block)
    if (attestation.algorithm === algorithm && equalBytes(attestation.subkey, entry.key)) return
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
  throw new RangeError(`the attestation is not one of this ${entry.use} key`)
}

/**
 * Reads the payload of a key schedule: structure only. Attestations are not verified here, see `readKeySchedule`.
 *
 * Keys and attestations are views into `payload`.
 *
 * @throws {DecodeError} when anything deviates from the specification's layout: a length that is not exactly its kind's, a marker that is not defined for
 *   the key's use, bytes that must be zero, a revocation without time.
 */
export function decodeKeySchedule(payload: Uint8Array): KeyScheduleEntry[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const entries: KeyScheduleEntry[] = []
  let at = 0
  while (at < payload.length) {
    if (payload.length - at < HEADER_LENGTH) throw new DecodeError("key schedule: entry cut off", at)
    const length = view.getUint16(at + 2, true)
    if (length < HEADER_LENGTH || at + length > payload.length) throw new DecodeError("key schedule: entry length", at + 2)
    const start = at
    entries.push(decodeAt(start, () => decodeEntry(payload.subarray(start, start + length))))
    at += length
  }
  return entries
}

function decodeEntry(bytes: Uint8Array): KeyScheduleEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(1) !== 0 || view.getUint16(6) !== 0) throw new DecodeError("key schedule: not zero", 1)
  const kind = view.getUint8(0)
  const subkey = decodeAt(HEADER_LENGTH, () => decodeData(kind, bytes.subarray(HEADER_LENGTH)))
  const state = stateOf(view.getUint16(4, true), subkey.use)
  if (state === undefined) throw new DecodeError(`key schedule: marker not for ${subkey.use}`, 4)
  const since = decodeTimestamp(bytes, 8)
  if (isRevoked(state) && since === ZERO_TIMESTAMP) throw new DecodeError("key schedule: revocation without a time", 8)
  return { ...subkey, state, since }
}

type Data =
  | { readonly use: "signing"; readonly key: Uint8Array; readonly attestation: Uint8Array }
  | { readonly use: "encryption"; readonly key: Uint8Array }
  | { readonly use: "nostr"; readonly key: Uint8Array; readonly attestation?: Uint8Array }

function decodeData(kind: number, block: Uint8Array): Data {
  switch (kind) {
    case KIND_ATTESTATION: {
      const { algorithm, subkey: key } = parseAttestation(block)
      return { use: algorithm === ALGORITHM_ED25519 ? "signing" : "nostr", key, attestation: block }
    }
    case KIND_ENCRYPTION_KEY: {
      const { algorithm, key } = parseEncryptionKey(block)
      return { use: algorithm === ALGORITHM_SECP256K1 ? "nostr" : "encryption", key }
    }
    default:
      throw new DecodeError(`key schedule: entry of kind ${kind}`)
  }
}

const isRevoked = (state: KeyScheduleEntry["state"]): boolean => state === "revokedAll" || state === "revokedPast"
