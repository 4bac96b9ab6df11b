import { DecodeError } from "../errors.ts"

const COMMON = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const STANDARD = `${COMMON}+/`
const URL_SAFE = `${COMMON}-_`

/** Writes base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD)
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=")
}

/** Writes base64url without padding (RFC 4648, section 5). */
export const encodeBase64Url = (bytes: Uint8Array): string => encode(bytes, URL_SAFE)

/**
 * Reads base64 with padding. Only what {@link encodeBase64} writes: unused bits are zero.
 *
 * @param length the bytes that are expected, so that nothing longer is looked at.
 * @throws {DecodeError} `base64` for another form or length.
 */
export function decodeBase64(text: string, length: number): Uint8Array {
  if (text.length !== Math.ceil(length / 3) * 4) throw new DecodeError("base64: length", text.length)
  const bytes = new Uint8Array(length)
  let bits = 0
  let at = 0
  for (let index = 0; index < text.length && at < length; index += 1) {
    const value = STANDARD.indexOf(text.charAt(index))
    if (value < 0) throw new DecodeError("base64: not a digit", index)
    bits = ((bits << 6) | value) & 0xffff
    const have = (index + 1) * 6 - at * 8
    if (have >= 8) {
      bytes[at] = (bits >> (have - 8)) & 0xff
      at += 1
    }
  }
  if (encodeBase64(bytes) !== text) throw new DecodeError("base64: not canonical", text.length)
  return bytes
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = ""
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const digits = Math.min(4, bytes.length - at + 1)
    for (let digit = 0; digit < digits; digit += 1) text += alphabet.charAt((group >> (18 - 6 * digit)) & 63)
  }
  return text
}
