import { DecodeError } from "@tessera/mosaic"

/** What was given is no usable recovery sheet; the message is a sentence for the person that says what is wrong and what to do. */
export class SheetError extends DecodeError {
  /** `notSheet`: no sheet in the text. `incomplete`: the end is missing. `mistyped`: a character cannot stand there. `unusable`: made by something newer. */
  readonly code: "notSheet" | "incomplete" | "mistyped" | "unusable"
  constructor(code: SheetError["code"], message: string) {
    super(message)
    this.code = code
  }
}

const PREFIX = "mocryptsec0"
/** 58 bytes in z-base-32. */
const BODY_LENGTH = 93

/**
 * Finds the text of a recovery sheet in what a person pasted or typed: amid other text, in capitals, wrapped over lines, spaced in groups.
 * The characters that z-base-32 leaves out are read as those that they are mistaken for (0 as o, 1 for l, u for v, z for 2).
 * @returns `mocryptsec0` and 93 characters.
 * @throws {SheetError}
 */
export function findSheetText(pasted: string): string {
  const plain = pasted.slice(0, 100_000).normalize("NFKC").toLowerCase().replaceAll(/[^a-z0-9]/g, "")
  const start = plain.search(/mocryptsec[0o]/)
  if (start < 0) throw new SheetError("notSheet", "There is no recovery sheet in this. Its text begins with “mocryptsec0”; type or paste all of it.")
  const body = plain.slice(start + PREFIX.length, start + PREFIX.length + BODY_LENGTH)
  if (body.length < BODY_LENGTH) {
    const missing = BODY_LENGTH - body.length
    throw new SheetError("incomplete", `This recovery sheet is incomplete: ${missing === 1 ? "one character is" : `${missing} characters are`} missing. Type or paste all of it.`)
  }
  return PREFIX + body.replaceAll("0", "o").replaceAll("l", "1").replaceAll("v", "u").replaceAll("2", "z")
}
