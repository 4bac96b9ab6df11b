import { blake3 } from "@noble/hashes/blake3.js"
import { DecodeError, encodeUtf8, encodeZbase32 } from "@tessera/mosaic"

/** What was given is no usable recovery sheet; the message is a sentence for the person that says what is wrong and what to do. */
export class SheetError extends DecodeError {
  /** `notSheet`: no sheet in the text. `incomplete`: the end is missing. `mistyped`: a character is wrong. `unusable`: made by something newer. */
  readonly code: "notSheet" | "incomplete" | "mistyped" | "unusable"
  constructor(code: SheetError["code"], message: string) {
    super(message)
    this.code = code
  }
}

const PREFIX = "mocryptsec0"
/** 58 bytes in z-base-32. */
const BODY_LENGTH = 93
const CHECK_LENGTH = 6
const MISTYPED = "This recovery sheet has a wrong character. Check it against the paper and try again."

/**
 * What a sheet shows: the encrypted key, `+`, and six characters of BLAKE3 of it. An encrypted key alone (specification, encrypted_secret_key) says
 * only whether the password is right: one character mistyped in it would give another, strange person.
 */
export function formatSheetText(encryptedKey: string): string {
  return `${encryptedKey}+${checkOf(encryptedKey)}`
}

/**
 * Finds the encrypted key in what a person pasted or typed: amid other text, in capitals, wrapped over lines, spaced in groups; checked when the check
 * is there. The characters that z-base-32 leaves out are read as those that they are mistaken for (0 as o, l as 1, v as u, 2 as z).
 * @returns `mocryptsec0` and 93 characters.
 * @throws {SheetError}
 */
export function findEncryptedKey(pasted: string): string {
  const plain = pasted
    .slice(0, 100_000)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^a-z0-9+]/g, "")
  const start = plain.search(/m[o0]cryptsec[o0]/)
  if (start < 0)
    throw new SheetError("notSheet", "There is no recovery sheet in this. Its text begins with “mocryptsec0”; type or paste all of it.")
  const [body = "", check] = plain.slice(start + PREFIX.length).split("+")
  const missing = BODY_LENGTH - body.length
  if (missing > 0) {
    throw new SheetError(
      "incomplete",
      `This recovery sheet is incomplete: ${missing === 1 ? "one character is" : `${missing} characters are`} missing. Type or paste all of it.`,
    )
  }
  // What follows is other text when there is no check, and too much when there is.
  if (check !== undefined && missing < 0)
    throw new SheetError("mistyped", "This recovery sheet has a character too many. Check it against the paper and try again.")
  const key = PREFIX + repair(body.slice(0, BODY_LENGTH))
  if (check !== undefined && repair(check.slice(0, CHECK_LENGTH)) !== checkOf(key)) throw new SheetError("mistyped", MISTYPED)
  return key
}

/** Says what a key that cannot be decoded means for a sheet. */
export function explainBadKey(error: DecodeError): SheetError {
  if (error.reason.startsWith("version") || error.reason.startsWith("cost")) {
    return new SheetError(
      "unusable",
      "This recovery sheet has a wrong character near its beginning, or was made by a newer program. Check it, or update Tessera.",
    )
  }
  return new SheetError("mistyped", MISTYPED)
}

function checkOf(encryptedKey: string): string {
  return encodeZbase32(blake3(encodeUtf8(encryptedKey))).slice(0, CHECK_LENGTH)
}

function repair(text: string): string {
  return text.replaceAll("0", "o").replaceAll("l", "1").replaceAll("v", "u").replaceAll("2", "z")
}
