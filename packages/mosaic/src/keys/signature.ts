import { eddsa } from "@noble/curves/abstract/edwards.js"
import { ed25519 } from "@noble/curves/ed25519.js"
import { sha512 } from "@noble/hashes/sha2.js"
import { concatBytes, copyBytes, encodeUtf8 } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import type { Prehash } from "./prehash.ts"
import { type PublicKey, pointFault } from "./public-key.ts"
import type { SecretKey } from "./secret-key.ts"

/** Length in bytes of an Ed25519 signature: R, then s. */
export const SIGNATURE_LENGTH = 64

/** RFC 8032's dom2(1, "Mosaic"): the flag says that a hash is signed, then the context with its length. */
const DOM2 = concatBytes(encodeUtf8("SigEd25519 no Ed25519 collisions"), Uint8Array.of(1, 6), encodeUtf8("Mosaic"))

/** The group order L. */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n

// The caller hashes with BLAKE3, so the library gets no prehash function: the prefix is put by `domain`.
const ed25519ph = eddsa(ed25519.Point, sha512, {
  domain: (data: Uint8Array) => concatBytes(DOM2, data) as Uint8Array<ArrayBuffer>,
  adjustScalarBytes: clamp,
  zip215: false,
})

/** RFC 8032, 5.1.5, step 2. */
function clamp(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const scalar = Uint8Array.from(bytes)
  scalar[0] = (scalar[0] ?? 0) & 0xf8
  scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40
  return scalar
}

/** Signs a prehash: Ed25519ph with BLAKE3 and the context "Mosaic", 64 bytes, deterministic. (Specification: cryptography) */
export function sign(hash: Prehash, secret: SecretKey): Uint8Array {
  return ed25519ph.sign(hash, secret)
}

/**
 * Verifies what {@link sign} makes: s below L, R and the key canonical, the key not of small order, the cofactored equation.
 *
 * @throws {DecodeError} `signature length`.
 * @throws {VerifyError} `s out of range`, `R not canonical` or `signature`.
 */
export function verify(signature: Uint8Array, hash: Prehash, publicKey: PublicKey): void {
  const fault = signatureFault(signature, hash, publicKey)
  if (fault !== undefined) throw new VerifyError(fault)
}

/** As {@link verify}, as a value, with a key that nobody has validated yet: of an invalid one it is always a fault. */
export function signatureFault(signature: Uint8Array, hash: Prehash, publicKey: Uint8Array): string | undefined {
  return check(ed25519ph, signature, hash, publicKey)
}

/** Signs a message of any length with plain Ed25519 (RFC 8032, no context), as attestations of subkeys are. */
export function signEd25519(message: Uint8Array, secret: SecretKey): Uint8Array {
  return ed25519.sign(message, secret)
}

/** Verifies plain Ed25519 as strictly as {@link verify}, and throws as it does. */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: PublicKey): void {
  const fault = check(ed25519, signature, message, publicKey)
  if (fault !== undefined) throw new VerifyError(fault)
}

function check(scheme: typeof ed25519, signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): string | undefined {
  if (signature.length !== SIGNATURE_LENGTH) throw new DecodeError("signature length")
  const holds = (candidate: Uint8Array): boolean => scheme.verify(candidate, message, publicKey, { zip215: false })
  // The library says only yes or no: why, is found out when it says no.
  if (holds(signature)) return undefined
  const s = littleEndian(signature.subarray(32))
  // Below 2^255 a number too great is more likely no s at all; it is called out of range when its remainder would do.
  if (s >= 2n ** 255n || (s >= L && holds(withScalar(signature, s % L)))) return "s out of range"
  if (pointFault(signature.subarray(0, 32)) === "not canonical") return "R not canonical"
  return "signature"
}

function withScalar(signature: Uint8Array, s: bigint): Uint8Array {
  const changed = copyBytes(signature)
  for (let i = 0; i < 32; i += 1) changed[32 + i] = Number((s >> BigInt(8 * i)) & 0xffn)
  return changed
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
