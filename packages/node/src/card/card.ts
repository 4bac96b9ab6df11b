import { decodeZbase32, DecodeError, encodeZbase32, equalBytes, parsePublicKey, VerifyError } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { blake3 } from "@noble/hashes/blake3.js"
import { CardError } from "./errors.ts"
import { decodeHints, encodeHint } from "./hint.ts"
import type { Hint } from "./hint.ts"

export { CardError } from "./errors.ts"
export type { Hint } from "./hint.ts"
export { addressScope } from "./ip-address.ts"
export type { AddressScope } from "./ip-address.ts"
export { chooseHints } from "./choose-hints.ts"
export { makeQrCode } from "./qr-code.ts"
export { safetyWords } from "./safety-words.ts"

/** What a person hands to another: who they are, the key of their door, and where it may be reached. */
export interface Card {
  readonly person: PublicKey
  readonly door: PublicKey
  /** In the order in which to try them. */
  readonly hints: readonly Hint[]
}

/** Longest card, in characters. */
export const CARD_LIMIT = 200

const PREFIX = "tessera:"
const VERSION = 1
const FIXED_BYTES = 1 + 32 + 32 + 2
const MAX_BYTES = Math.floor(((CARD_LIMIT - PREFIX.length) * 5) / 8)
/** Bytes that the hints of one card may take together. */
export const HINTS_LIMIT = MAX_BYTES - FIXED_BYTES

/**
 * Writes `tessera:` and z-base-32 of version, person, door, hints, and 2 bytes of BLAKE3 of all before. At most 200 characters.
 * @throws {RangeError} when the hints do not fit (`chooseHints` makes them fit) or one cannot be written.
 */
export function formatCard(card: Card): string {
  const body = Uint8Array.of(VERSION, ...card.person, ...card.door, ...card.hints.flatMap((hint) => [...encodeHint(hint)]))
  if (body.length + 2 > MAX_BYTES) throw new RangeError(`card.hints take more than ${HINTS_LIMIT} bytes`)
  return PREFIX + encodeZbase32(Uint8Array.of(...body, ...checksum(body)))
}

/**
 * Reads a card as people hand it on: white space anywhere, capitals, or inside a web address as `#card=tessera:…`.
 * @throws {CardError} with a sentence for the person.
 */
export function parseCard(text: string): Card {
  const bytes = decodeBody(findBody(text))
  const version = bytes[0] ?? 0
  if (version === 0) throw mistyped()
  const body = bytes.subarray(0, -2)
  if (!equalBytes(checksum(body), bytes.subarray(-2))) throw mistyped()
  if (version > VERSION) {
    throw new CardError("newerVersion", "This card was made by a newer Tessera than this one. Update Tessera, then add the card again.")
  }
  const hints = decodeHints(body.subarray(65))
  if (hints === undefined) throw mistyped()
  return { person: readKey(body.subarray(1, 33)), door: readKey(body.subarray(33, 65)), hints }
}

/** Whether the text holds a card that `parseCard` can read. */
export function isCard(text: string): boolean {
  try {
    parseCard(text)
    return true
  } catch (error) {
    if (error instanceof CardError) return false
    throw error
  }
}

function checksum(body: Uint8Array): Uint8Array {
  return blake3(body).subarray(0, 2)
}

// Mail programs and messengers wrap long words and slip in invisible marks; a scanner may give capitals; a link may be percent-encoded.
function findBody(text: string): string {
  if (text.length > 10_000) throw new CardError("tooLong", "This is far too long to be a card. Paste only the card, which begins with “tessera:”.")
  const plain = text.replace(/[\s\u200b-\u200f\u2060\ufeff\u00ad]/g, "").toLowerCase().replaceAll("%3a", ":")
  const start = plain.indexOf(PREFIX)
  if (start < 0) throw new CardError("notCard", "There is no card in this. A card begins with “tessera:”; ask for it again and paste all of it.")
  const body = /^\/{0,2}([^#?&/<>"'),;!]*)/.exec(plain.slice(start + PREFIX.length))?.[1] ?? ""
  if (body.length + PREFIX.length > CARD_LIMIT) {
    throw new CardError("tooLong", "This card is too long: something was pasted after its end. Paste only the card itself.")
  }
  return body.replace(/\.$/, "")
}

function decodeBody(body: string): Uint8Array {
  if (body.length < Math.ceil((FIXED_BYTES * 8) / 5)) {
    throw new CardError("incomplete", "This card is incomplete: its end is missing. Copy all of it, or ask for it again.")
  }
  try {
    return decodeZbase32(body)
  } catch (error) {
    if (error instanceof DecodeError) throw mistyped(error)
    throw error
  }
}

function readKey(bytes: Uint8Array): PublicKey {
  try {
    return parsePublicKey(bytes)
  } catch (error) {
    if (!(error instanceof VerifyError) && !(error instanceof DecodeError)) throw error
    throw new CardError("badKey", "This card names a key that nobody can have. Ask for the card again.", { cause: error })
  }
}

function mistyped(cause?: unknown): CardError {
  return new CardError("mistyped", "This card is incomplete or has a wrong character. Copy all of it again, or ask for it again.", { cause })
}
