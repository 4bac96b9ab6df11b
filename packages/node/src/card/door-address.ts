import { DecodeError } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import { formatOnionAddress, onionPublicKey, parseOnionAddress } from "../tor/tor.ts"
import { CardError } from "./errors.ts"

/** Characters of an address before `.onion`. */
const LENGTH = 56
const SUFFIX = ".onion"
/** The last name before `.onion`; names before it lead to the same place. */
const NAMED = /([^\s./:@]*)\.onion(?![a-z0-9-])/
/** An address without its end, alone or as a word of its own. */
const BARE = /(?<![a-z0-9])[a-z2-7]{56}(?![a-z0-9])/
const NEARLY_BARE = /^[a-z0-9]{50,62}$/

/** The onion address of a door: its key, in 56 characters before `.onion`. */
export function doorAddress(door: PublicKey): string {
  return formatOnionAddress(door)
}

/** Whether a text is meant as an onion address. */
export function looksLikeAddress(text: string): boolean {
  const plain = plainOf(text)
  return plain.includes(SUFFIX) || BARE.test(plain) || NEARLY_BARE.test(plain)
}

/**
 * Reads the key of a door from its onion address: in capitals, with `http://` and a path, amid other text, wrapped over lines, or without `.onion`.
 * @throws {CardError} with a sentence for the person.
 */
export function parseDoorAddress(text: string): PublicKey {
  const plain = plainOf(text)
  try {
    return readName(nameIn(plain))
  } catch (error) {
    const joined = plain.replaceAll(/\s/g, "")
    if (!(error instanceof CardError) || joined === plain || joined.length > 300) throw error
    return readName(nameIn(joined))
  }
}

function plainOf(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim()
}

function nameIn(plain: string): string {
  return NAMED.exec(plain)?.[1] ?? BARE.exec(plain)?.[0] ?? plain.replace(/\s.*$/su, "")
}

function readName(name: string): PublicKey {
  const stranger = /[^a-z2-7]/u.exec(name)?.[0]
  if (stranger !== undefined)
    throw new CardError("mistyped", `This address has a wrong character: “${stranger}” never stands in one. ${AGAIN}`)
  if (name.length === 16)
    throw new CardError("mistyped", "This is an address of an old kind, at which nobody can be found any more. Ask for the card.")
  if (name.length !== LENGTH) {
    const wrong = name.length < LENGTH ? "something is missing" : "something was added"
    throw new CardError(
      "incomplete",
      `This address has ${name.length} characters before “.onion”, and there must be ${LENGTH}: ${wrong}. ${AGAIN}`,
    )
  }
  try {
    return onionPublicKey(parseOnionAddress(name + SUFFIX))
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    if (cause.reason === "onion address: key")
      throw new CardError("badKey", "This names a key that nobody can have. Ask for it again.", { cause })
    throw new CardError("mistyped", `This address has a wrong character, or two that changed places. ${AGAIN}`, { cause })
  }
}

const AGAIN = "Copy all of it again, or ask for it again."
