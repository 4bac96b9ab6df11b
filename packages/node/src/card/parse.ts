import { decodeZbase32, DecodeError, equalBytes } from "@tessera/mosaic"
import { CardError } from "./errors.ts"
import { CARD_VERSION, cardChecksum } from "./format.ts"
import type { Card } from "./format.ts"
import { decodeHints } from "./hint.ts"
import { CARD_LIMIT, CARD_PREFIX, FIXED_BYTES } from "./limits.ts"
import { readKey } from "./read-key.ts"

/**
 * Reads a card as people hand it on: amid other text, wrapped over lines, in capitals, or inside a web address as `#card=tessera:…`.
 * @throws {CardError} with a sentence for the person.
 */
export function parseCard(text: string): Card {
  if (text.length > 10_000)
    throw new CardError("tooLong", "This is far too long to be a card. Paste only the card, which begins with “tessera:”.")
  const plain = text.replaceAll(INVISIBLE, "").toLowerCase().replaceAll("%3a", ":")
  const start = plain.indexOf(CARD_PREFIX)
  if (start < 0)
    throw new CardError(
      "notCard",
      "There is no card in this. A card begins with “tessera:”; 24 words do as well, or an address that ends in “.onion”. Ask for it again and paste all of it.",
    )
  const rest = plain.slice(start + CARD_PREFIX.length).replace(/^\/{1,2}/, "")
  try {
    return parseBody(/^\S*/.exec(rest)?.[0] ?? "")
  } catch (error) {
    const joined = rest.replaceAll(/\s/g, "")
    if (!(error instanceof CardError) || joined.length > CARD_LIMIT) throw error
    return parseBody(joined)
  }
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

// Marks that programs slip into long words: soft hyphen, zero-width characters, direction marks, byte order mark.
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g
// What may follow a card in running text or in a web address.
const BODY = /^[^\s#?&<>"'()[\],.;!“”‘’»]*/

function parseBody(rest: string): Card {
  const body = BODY.exec(rest)?.[0] ?? ""
  if (body.length + CARD_PREFIX.length > CARD_LIMIT) {
    throw new CardError("tooLong", "This card is too long: something was pasted together with it. Paste only the card itself.")
  }
  const bytes = decodeBody(body)
  const content = bytes.subarray(0, -2)
  const hints = decodeHints(content.subarray(65))
  const version = content[0] ?? 0
  if (!equalBytes(cardChecksum(content), bytes.subarray(-2)))
    throw version === CARD_VERSION && hints === undefined ? incomplete() : mistyped()
  if (version > CARD_VERSION) {
    throw new CardError("newerVersion", "This card was made by a newer Tessera than this one. Update Tessera, then add the card again.")
  }
  if (version !== CARD_VERSION || hints === undefined) throw mistyped()
  return { person: readKey(content.subarray(1, 33)), door: readKey(content.subarray(33, 65)), hints }
}

function decodeBody(body: string): Uint8Array {
  const stranger = /[^ybndrfg8ejkmcpqxot1uwisza345h769]/u.exec(body)?.[0]
  if (stranger !== undefined) throw mistyped(` “${stranger}” never stands in a card.`)
  if (body.length < Math.ceil((FIXED_BYTES * 8) / 5)) throw incomplete()
  try {
    return decodeZbase32(body)
  } catch (error) {
    // All characters are good, so their number or the unused bits of the last one are not: the end is missing.
    if (error instanceof DecodeError) throw incomplete(error)
    throw error
  }
}

function incomplete(cause?: unknown): CardError {
  return new CardError("incomplete", "This card is incomplete: its end is missing. Copy all of it again, or ask for it again.", { cause })
}

function mistyped(more = ""): CardError {
  return new CardError("mistyped", `This card has a wrong or missing character.${more} Copy all of it again, or ask for it again.`)
}
