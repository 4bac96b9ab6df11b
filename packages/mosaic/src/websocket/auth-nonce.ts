import type { Brand } from "../brand.ts"
import { DecodeError } from "../errors.ts"
import { encodeBase64Url } from "./base64.ts"

/** What the other side has to sign to prove its key: 16 to 128 characters of base64url, used once. */
export type AuthNonce = Brand<string, "AuthNonce">

/** Length in bytes of the nonces that we make, and of those in Identify and Identity. */
export const AUTH_NONCE_LENGTH = 32

const FORM = /^[A-Za-z0-9_-]{16,128}$/

/** Whether text has the form of a nonce. */
export const isAuthNonce = (text: string): text is AuthNonce => FORM.test(text)

/** Reads a nonce from a header. @throws {DecodeError} `nonce` for another form. */
export function parseAuthNonce(text: string): AuthNonce {
  if (!isAuthNonce(text)) throw new DecodeError("nonce: 16 to 128 characters of base64url expected", Math.min(text.length, 128))
  return text
}

/** Writes 32 random bytes as both headers and signatures have them: 43 characters. @throws {RangeError} for another length. */
export function formatAuthNonce(bytes: Uint8Array): AuthNonce {
  if (bytes.length !== AUTH_NONCE_LENGTH) throw new RangeError(`bytes: ${AUTH_NONCE_LENGTH} expected`)
  return encodeBase64Url(bytes) as AuthNonce
}
