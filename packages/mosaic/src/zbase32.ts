import { DecodeError } from "./errors.ts"

const ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
const VALUES = new Int8Array(128).fill(-1)
for (let value = 0; value < ALPHABET.length; value += 1) VALUES[ALPHABET.charCodeAt(value)] = value

/** Encodes bytes as z-base-32: five bits a character, most significant first, zero bits at the end. */
export function encodeZbase32(bytes: Uint8Array): string {
  let text = ""
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  return bits > 0 ? text + ALPHABET[(buffer << (5 - bits)) & 31] : text
}

/**
 * Decodes z-base-32, canonical only: whatever does not encode to itself again is refused (upper case, a spare
 * character, bits set beyond the last byte).
 *
 * @throws {DecodeError} `z-base-32`, with the offset of the character.
 */
export function decodeZbase32(text: string): Uint8Array {
  const spareBits = (text.length * 5) % 8
  // A spare of five bits or more means a last character that carries nothing.
  if (spareBits >= 5) throw new DecodeError("z-base-32: length", text.length)
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let buffer = 0
  let bits = 0
  let written = 0
  for (let i = 0; i < text.length; i += 1) {
    const value = VALUES[text.charCodeAt(i)] ?? -1
    if (value < 0) throw new DecodeError("z-base-32: character", i)
    buffer = (buffer << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[written] = buffer >> bits
      written += 1
      buffer &= (1 << bits) - 1
    }
  }
  if (buffer !== 0) throw new DecodeError("z-base-32: bits beyond the last byte", text.length - 1)
  return bytes
}
