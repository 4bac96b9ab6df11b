import { ed25519 } from "@noble/curves/ed25519.js"
import type { Brand } from "../brand.ts"
import { copyBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { type PublicKey, parsePublicKey } from "./public-key.ts"

/** An Ed25519 secret key: the seed of 32 bytes of RFC 8032. */
export type SecretKey = Brand<Uint8Array, "SecretKey">

/** Length in bytes of a secret key. */
export const SECRET_KEY_LENGTH = 32

/** Copies 32 bytes. Whoever holds the copy wipes it. @throws {DecodeError} `secret key` for another length. */
export function parseSecretKey(bytes: Uint8Array): SecretKey {
  if (bytes.length !== SECRET_KEY_LENGTH) throw new DecodeError("secret key: 32 bytes expected")
  return copyBytes(bytes) as SecretKey
}

/** The public key of a secret key. */
export function publicKeyOf(secret: SecretKey): PublicKey {
  return parsePublicKey(ed25519.getPublicKey(secret))
}
