import { createPrivateKey, createPublicKey } from "node:crypto"
import { encodeBase32 } from "./base32.ts"

/** PKCS #8 of an X25519 key, up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex")

/**
 * The public half of a key with which a client may find and open a restricted onion service.
 * @param secret 32 bytes, an X25519 key.
 * @throws {RangeError} when `secret` has another length.
 */
export function clientPublicKey(secret: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw new RangeError("secret must be 32 bytes")
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: "der", type: "pkcs8" })
  return new Uint8Array(Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url"))
}

/** As `ClientAuthV3` takes it. @throws {RangeError} when `key` is not 32 bytes. */
export function formatClientPublicKey(key: Uint8Array): string {
  if (key.length !== 32) throw new RangeError("key must be 32 bytes")
  return encodeBase32(key)
}

/** As `ONION_CLIENT_AUTH_ADD` takes it. */
export function formatClientSecretKey(secret: Uint8Array): string {
  if (secret.length !== 32) throw new RangeError("secret must be 32 bytes")
  return `x25519:${Buffer.from(secret).toString("base64")}`
}
