import type { PublicKey } from "@tessera/mosaic"
import { looksLikeAddress, parseDoorAddress } from "./door-address.ts"
import { looksLikeWords, parseDoorWords } from "./door-words.ts"
import type { Hint } from "./hint.ts"
import { CARD_PREFIX } from "./limits.ts"
import { parseCard } from "./parse.ts"

/** What somebody hands on so that others find them: a card, or nothing but the key of their door. */
export interface Introduction {
  readonly door: PublicKey
  /** Whose door it is; words and addresses do not say it, the door does. */
  readonly person?: PublicKey
  /** In the order in which to try them. */
  readonly hints: readonly Hint[]
}

/**
 * Reads a card, the 24 words of a door, or its onion address, whichever a text holds.
 * @throws {CardError} with a sentence for the person that fits what they seem to have meant.
 */
export function parseIntroduction(text: string): Introduction {
  const isCard = text.length > 10_000 || text.toLowerCase().includes(CARD_PREFIX.slice(0, -1))
  if (!isCard && looksLikeAddress(text)) return { door: parseDoorAddress(text), hints: [] }
  if (!isCard && looksLikeWords(text)) return { door: parseDoorWords(text), hints: [] }
  return parseCard(text)
}
