import { encodeZbase32 } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { blake3 } from "@noble/hashes/blake3.js"
import { encodeHint } from "./hint.ts"
import type { Hint } from "./hint.ts"
import { CARD_BYTES, CARD_PREFIX, HINTS_LIMIT } from "./limits.ts"

/** What a person hands to another: who they are, the key of their door, and where it may be reached. */
export interface Card {
  readonly person: PublicKey
  readonly door: PublicKey
  /** In the order in which to try them. */
  readonly hints: readonly Hint[]
}

export const CARD_VERSION = 1

/**
 * Writes `tessera:` and z-base-32 of version, person, door, hints, and 2 bytes of BLAKE3 of all before. At most 200 characters.
 * @throws {RangeError} when the hints do not fit (`chooseHints` makes them fit) or one cannot be written.
 */
export function formatCard(card: Card): string {
  const body = Uint8Array.of(CARD_VERSION, ...card.person, ...card.door, ...card.hints.flatMap((hint) => [...encodeHint(hint)]))
  if (body.length + 2 > CARD_BYTES) throw new RangeError(`card.hints take more than ${HINTS_LIMIT} bytes`)
  return CARD_PREFIX + encodeZbase32(Uint8Array.of(...body, ...cardChecksum(body)))
}

/** The first 2 bytes of BLAKE3 of everything before them. */
export function cardChecksum(body: Uint8Array): Uint8Array {
  return blake3(body).subarray(0, 2)
}
