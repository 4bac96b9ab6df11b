import { DecodeError } from "./errors.ts"
import { type PublicKey, parsePublicKey } from "./keys/public-key.ts"
import { type SecretKey, parseSecretKey } from "./keys/secret-key.ts"
import { MAX_RECORD_LENGTH } from "./record/layout.ts"
import { type UnverifiedRecord, parseRecord } from "./record/unverified.ts"
import { type Reference, parseReference } from "./reference.ts"
import { decodeZbase32, encodeZbase32 } from "./zbase32.ts"

/** What a printed datum starts with. (Specification: human_encodings) */
export const HUMAN_PREFIX = {
  userKey: "mopub0",
  serverKey: "mosrv0",
  secretKey: "mosec0",
  encryptedSecretKey: "mocryptsec0",
  reference: "moref0",
  record: "morecord0",
} as const

/**
 * Reads a prefix and z-base-32 behind it, after it has bounded the length.
 *
 * @throws {DecodeError} `prefix`, `length` or `z-base-32`.
 */
export function parseHuman(text: string, prefix: string, maxBytes: number): Uint8Array {
  if (!text.startsWith(prefix)) throw new DecodeError(`prefix: ${prefix} expected`)
  if (text.length - prefix.length > Math.ceil((maxBytes * 8) / 5)) throw new DecodeError("length", text.length)
  try {
    return decodeZbase32(text.slice(prefix.length))
  } catch (error) {
    throw error instanceof DecodeError ? new DecodeError(error.reason, error.offset + prefix.length) : error
  }
}

/** Prints a person's key: `mopub0` and 52 characters. */
export function formatUserKey(key: PublicKey): string {
  return HUMAN_PREFIX.userKey + encodeZbase32(key)
}

/** Reads `mopub0…`. @throws {DecodeError} for another form. @throws {VerifyError} for an invalid key. */
export function parseUserKey(text: string): PublicKey {
  return parsePublicKey(parseHuman(text, HUMAN_PREFIX.userKey, 32))
}

/** Prints a server's key: `mosrv0` and 52 characters. */
export function formatServerKey(key: PublicKey): string {
  return HUMAN_PREFIX.serverKey + encodeZbase32(key)
}

/** Reads `mosrv0…`, and `mopub0…` too, which bootstraps may hold. Throws as {@link parseUserKey}. */
export function parseServerKey(text: string): PublicKey {
  const { userKey, serverKey } = HUMAN_PREFIX
  return parsePublicKey(parseHuman(text, text.startsWith(userKey) ? userKey : serverKey, 32))
}

/** Prints a secret key, unprotected: `mosec0` and 52 characters. */
export function formatSecretKey(secret: SecretKey): string {
  return HUMAN_PREFIX.secretKey + encodeZbase32(secret)
}

/** Reads `mosec0…`. @throws {DecodeError} for another form. */
export function parseSecretKeyText(text: string): SecretKey {
  const bytes = parseHuman(text, HUMAN_PREFIX.secretKey, 32)
  try {
    return parseSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** Prints a reference: `moref0` and 77 characters. */
export function formatReference(reference: Reference): string {
  return HUMAN_PREFIX.reference + encodeZbase32(reference)
}

/** Reads `moref0…`. @throws {DecodeError} for another form. */
export function parseReferenceText(text: string): Reference {
  return parseReference(parseHuman(text, HUMAN_PREFIX.reference, 48))
}

/** Prints a whole record: `morecord0` and 8 characters for 5 bytes. */
export function formatRecord(record: { readonly bytes: Uint8Array }): string {
  return HUMAN_PREFIX.record + encodeZbase32(record.bytes)
}

/** Reads `morecord0…`. @throws {DecodeError} for another form, or bytes that are no record. */
export function parseRecordText(text: string): UnverifiedRecord {
  return parseRecord(parseHuman(text, HUMAN_PREFIX.record, MAX_RECORD_LENGTH))
}
