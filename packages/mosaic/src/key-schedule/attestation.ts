import { concatBytes, equalBytes } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { parsePublicKey } from "../keys/public-key.ts"
import type { PublicKey } from "../keys/public-key.ts"
import { publicKeyOf } from "../keys/secret-key.ts"
import type { SecretKey } from "../keys/secret-key.ts"
import { signEd25519, verifyEd25519 } from "../keys/signature.ts"

const MAGIC = Uint8Array.of(0x2c, 0x28, 0x98, 0xf5, 0x8b)
const SIGNED_LENGTH = 72
const SIGNATURE_LENGTH = 64

/** Bytes of an attestation. (Specification: keyschedule, "Subkey Attestation") */
export const ATTESTATION_LENGTH = SIGNED_LENGTH + SIGNATURE_LENGTH

export const ALGORITHM_ED25519 = 0
export const ALGORITHM_SECP256K1 = 1

/** A subkey attestation taken apart, not verified. All are views into the block. */
export interface Attestation {
  /** `ALGORITHM_ED25519` or `ALGORITHM_SECP256K1`. */
  readonly algorithm: number
  readonly subkey: Uint8Array
  readonly master: Uint8Array
  readonly signature: Uint8Array
}

/**
 * States, signed by a subkey, that it belongs to a master key.
 *
 * The specification wants a "signature over bytes [0:72] using the signature algorithm": that is plain Ed25519 (RFC 8032) over these 72 bytes, without the
 * prehash and context that records are signed with. The magic bytes keep the two apart.
 *
 * @returns the attestation block, 136 bytes.
 */
export function signAttestation(subkeySecret: SecretKey, master: PublicKey): Uint8Array {
  const signed = concatBytes(MAGIC, Uint8Array.of(ALGORITHM_ED25519, SIGNATURE_LENGTH, 0), publicKeyOf(subkeySecret), master)
  return concatBytes(signed, signEd25519(signed, subkeySecret))
}

/**
 * Takes an attestation block apart.
 *
 * @throws {DecodeError} when it is not 136 bytes, its magic bytes or the signature's length differ, or its algorithm is reserved.
 */
export function parseAttestation(block: Uint8Array): Attestation {
  if (block.length !== ATTESTATION_LENGTH) throw new DecodeError(`attestation length: ${block.length} bytes`)
  if (!equalBytes(block.subarray(0, 5), MAGIC)) throw new DecodeError("attestation magic", 0)
  const [algorithm = 0, low = 0, high = 0] = block.subarray(5, 8)
  if (algorithm !== ALGORITHM_ED25519 && algorithm !== ALGORITHM_SECP256K1) throw new DecodeError("attestation algorithm", 5)
  if ((low | (high << 8)) !== SIGNATURE_LENGTH) throw new DecodeError("attestation signature length", 6)
  return { algorithm, subkey: block.subarray(8, 40), master: block.subarray(40, 72), signature: block.subarray(SIGNED_LENGTH) }
}

/**
 * Verifies that an Ed25519 subkey attests to belong to `master`, with the strict checks of record signatures.
 *
 * @returns the subkey.
 * @throws {DecodeError} as `parseAttestation`.
 * @throws {VerifyError} when it names another master key, its subkey is no valid key, the signature is wrong, or the algorithm is not Ed25519.
 */
export function verifyAttestation(block: Uint8Array, master: PublicKey): PublicKey {
  const attestation = parseAttestation(block)
  if (attestation.algorithm !== ALGORITHM_ED25519) throw new VerifyError("attestation: algorithm")
  if (!equalBytes(attestation.master, master)) throw new VerifyError("attestation: another master key")
  const subkey = parsePublicKey(attestation.subkey)
  verifyEd25519(attestation.signature, block.subarray(0, SIGNED_LENGTH), subkey)
  return subkey
}
