import type { PublicKey } from "@tessera/mosaic"
import { encodeZbase32 } from "@tessera/mosaic"
import { asciiOf } from "./letters.ts"

/** Longest typeable name, in characters. */
export const TYPEABLE_NAME_LIMIT = 60

/**
 * The name that others can type, made from the one that is shown: ASCII letters, digits, `.`, `_` and `-`, 1 to 60 characters.
 * Where nothing of the shown name can be typed, it is `someone-` and four characters of the key, the same on each device.
 */
export function typeableName(displayName: string, person: PublicKey): string {
  const letters = Array.from(displayName.slice(0, 1_000).normalize("NFC"), (character) => asciiOf(character) ?? "").join("")
  const name = letters
    .replaceAll(/['`]/g, "")
    .replaceAll(/[^A-Za-z0-9._]+/g, "-")
    .slice(0, TYPEABLE_NAME_LIMIT)
    .replaceAll(/^[-.]+|[-.]+$/g, "")
  return /[A-Za-z0-9]/.test(name) ? name : `someone-${encodeZbase32(person).slice(0, 4)}`
}
