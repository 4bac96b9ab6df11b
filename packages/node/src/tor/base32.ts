const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"

/** Base 32 of RFC 4648 in small letters, without padding, as Tor writes onion addresses and keys of clients. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ""
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5;) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31]
}

/** Reads small letters without padding; `undefined` when a character or the bits left over are wrong. */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let at = 0
  let bits = 0
  let value = 0
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return undefined
    value = (value << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at] = value >>> bits
    at += 1
    value &= (1 << bits) - 1
  }
  return bits < 5 && value === 0 ? bytes : undefined
}
