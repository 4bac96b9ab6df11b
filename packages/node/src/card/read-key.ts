import { DecodeError, parsePublicKey, VerifyError } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { CardError } from "./errors.ts"

/** A key out of a card, words or an address. @throws {CardError} `badKey` for one that nobody can have. */
export function readKey(bytes: Uint8Array): PublicKey {
  try {
    return parsePublicKey(Uint8Array.from(bytes))
  } catch (error) {
    if (!(error instanceof VerifyError) && !(error instanceof DecodeError)) throw error
    throw new CardError("badKey", "This names a key that nobody can have. Ask for it again.", { cause: error })
  }
}
