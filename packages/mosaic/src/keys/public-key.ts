import { ed25519 } from "@noble/curves/ed25519.js"
import type { Brand } from "../brand.ts"
import { copyBytes } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"

/** An Ed25519 public key: 32 bytes, canonical, on the curve, not of small order. (Specification: cryptography) */
export type PublicKey = Brand<Uint8Array, "PublicKey">

/** Length in bytes of a public key. */
export const PUBLIC_KEY_LENGTH = 32

/** 2^255 - 19, little-endian. */
const P = new Uint8Array(32).fill(0xff)
P[0] = 0xed
P[31] = 0x7f

/**
 * Tells whether 32 bytes are the canonical encoding of a curve point, of which y is below p and x = 0 has no sign.
 * It says nothing about the point's order.
 */
export function pointFault(bytes: Uint8Array): "not canonical" | "not on the curve" | undefined {
  if (!isBelowP(bytes)) return "not canonical"
  try {
    ed25519.Point.fromBytes(bytes, false)
    return undefined
  } catch {
    return isOnCurve(bytes) ? "not canonical" : "not on the curve"
  }
}

function isBelowP(bytes: Uint8Array): boolean {
  for (let i = 31; i >= 0; i -= 1) {
    const byte = (bytes[i] ?? 0) & (i === 31 ? 0x7f : 0xff)
    const bound = P[i] ?? 0
    if (byte !== bound) return byte < bound
  }
  return false
}

function isOnCurve(bytes: Uint8Array): boolean {
  try {
    ed25519.Point.fromBytes(bytes, true)
    return true
  } catch {
    return false
  }
}

function keyFault(bytes: Uint8Array): string | undefined {
  return pointFault(bytes) ?? (ed25519.Point.fromBytes(bytes, false).isSmallOrder() ? "small order" : undefined)
}

/** Tells whether bytes are a valid public key. */
export function isPublicKey(bytes: Uint8Array): bytes is PublicKey {
  return bytes.length === PUBLIC_KEY_LENGTH && keyFault(bytes) === undefined
}

/**
 * Copies a public key, all of `bytes` or 32 bytes at `offset`, and validates it.
 *
 * @throws {DecodeError} `public key` when there are not 32 bytes.
 * @throws {VerifyError} `not canonical`, `not on the curve` or `small order`.
 */
export function parsePublicKey(bytes: Uint8Array, offset?: number): PublicKey {
  const key = offset === undefined ? copyBytes(bytes) : copyBytes(bytes, offset, offset + PUBLIC_KEY_LENGTH)
  if (key.length !== PUBLIC_KEY_LENGTH) throw new DecodeError("public key: 32 bytes expected", offset)
  const fault = keyFault(key)
  if (fault !== undefined) throw new VerifyError(fault)
  return key as PublicKey
}
