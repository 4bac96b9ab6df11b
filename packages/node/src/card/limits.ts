/** What every card begins with. */
export const CARD_PREFIX = "tessera:"
/** Longest card, in characters. */
export const CARD_LIMIT = 200
/** Bytes of version, person, door and checksum. */
export const FIXED_BYTES = 1 + 32 + 32 + 2
/** Bytes of a whole card: 5 bits a character. */
export const CARD_BYTES = Math.floor(((CARD_LIMIT - CARD_PREFIX.length) * 5) / 8)
/** Bytes that the hints of one card may take together. */
export const HINTS_LIMIT = CARD_BYTES - FIXED_BYTES
