import { concatBytes, equalBytes } from "./bytes.ts"
import { DecodeError } from "./errors.ts"
import { type PublicKey, parsePublicKey } from "./keys/public-key.ts"
import { type SecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { signEd25519 } from "./keys/signature.ts"

/** DER tags, as X.690 numbers them. */
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** 1.3.101.112 (RFC 8410). */
const ED25519 = der(SEQUENCE, der(OBJECT_ID, Uint8Array.of(0x2b, 0x65, 0x70)))
const COMMON_NAME = der(OBJECT_ID, Uint8Array.of(0x55, 0x04, 0x03))
const NAME = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, ascii("mosaic")))))
/** For ever (RFC 5280, 4.1.2.5): the key is what counts, and a clock that is wrong must not part two people. */
const VALIDITY = der(SEQUENCE, der(UTC_TIME, ascii("700101000000Z")), der(GENERALIZED_TIME, ascii("99991231235959Z")))

/** A certificate and the key that it is for, as TLS libraries take them. */
export interface CertificateAndKey {
  /** X.509, DER. */
  readonly certificate: Uint8Array
  /** PKCS #8, DER. Holds the secret: whoever holds it wipes it. */
  readonly privateKey: Uint8Array
}

/**
 * Makes the self-signed X.509 certificate with which a server or a client proves its Ed25519 key over TLS: subject and issuer are CN=mosaic, it never
 * expires, and the same key always gives the same bytes. (Specification: tcp; RFC 5280, RFC 8410)
 */
export function selfSignedCertificate(secret: SecretKey): CertificateAndKey {
  const subjectKey = der(SEQUENCE, ED25519, bitString(publicKeyOf(secret)))
  const version = der(VERSION, der(INTEGER, Uint8Array.of(2)))
  const serial = der(INTEGER, Uint8Array.of(1))
  const signed = der(SEQUENCE, version, serial, ED25519, NAME, VALIDITY, NAME, subjectKey)
  return {
    certificate: der(SEQUENCE, signed, ED25519, bitString(signEd25519(signed, secret))),
    privateKey: der(SEQUENCE, der(INTEGER, Uint8Array.of(0)), ED25519, der(OCTET_STRING, der(OCTET_STRING, secret))),
  }
}

/**
 * The Ed25519 key that a certificate is for, of any issuer and layout. The signature is not looked at.
 *
 * @param certificate X.509, DER.
 * @throws {DecodeError} `certificate` when it is malformed or its key is of another type.
 * @throws {VerifyError} when the key is no valid public key (`parsePublicKey`).
 */
export function publicKeyOfCertificate(certificate: Uint8Array): PublicKey {
  const outer = element(certificate, 0, SEQUENCE)
  const signed = element(certificate, outer.start, SEQUENCE)
  // The version may be left out; serial, signature algorithm, issuer, validity and subject stand before the key.
  let at = signed.start
  if (certificate[at] === VERSION) at = element(certificate, at, VERSION).end
  for (const tag of [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]) at = element(certificate, at, tag).end
  const subjectKey = element(certificate, at, SEQUENCE)
  const algorithm = element(certificate, subjectKey.start, SEQUENCE)
  if (!equalBytes(certificate.subarray(subjectKey.start, algorithm.end), ED25519))
    throw new DecodeError("certificate: not an Ed25519 key", at)
  const key = element(certificate, algorithm.end, BIT_STRING)
  if (certificate[key.start] !== 0 || key.end > signed.end) throw new DecodeError("certificate: key", key.start)
  return parsePublicKey(certificate.subarray(key.start + 1, key.end))
}

function bitString(bytes: Uint8Array): Uint8Array {
  return der(BIT_STRING, Uint8Array.of(0), bytes)
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return concatBytes(Uint8Array.from(header), content)
}

/** Where the content of the element at `at` starts and ends. Lengths of up to 3 bytes: no certificate of a key is longer. */
function element(bytes: Uint8Array, at: number, tag: number): { readonly start: number; readonly end: number } {
  if (bytes[at] !== tag) throw new DecodeError("certificate", at)
  const first = bytes[at + 1]
  if (first === undefined) throw new DecodeError("certificate: cut off", at)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || lengthBytes > 3) throw new DecodeError("certificate: length", at)
  let length = lengthBytes === 0 ? first : 0
  for (let i = 0; i < lengthBytes; i += 1) length = length * 256 + (bytes[at + 2 + i] ?? 0)
  const start = at + 2 + lengthBytes
  if (start + length > bytes.length) throw new DecodeError("certificate: cut off", at)
  return { start, end: start + length }
}
