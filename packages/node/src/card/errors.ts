import { DecodeError } from "@tessera/mosaic"

/**
 * What was given is no usable card; the message is a sentence for the person that says what is wrong and what to do.
 * - `notCard`: there is no card in the text.
 * - `incomplete`: the end is missing.
 * - `mistyped`: a character is wrong.
 * - `tooLong`: there is more than a card may hold.
 * - `newerVersion`: a newer Tessera made it.
 * - `badKey`: what it names cannot be anybody's key.
 */
export class CardError extends DecodeError {
  readonly code: "notCard" | "incomplete" | "mistyped" | "tooLong" | "newerVersion" | "badKey"
  constructor(code: CardError["code"], message: string, options?: ErrorOptions) {
    super(message)
    this.code = code
    if (options?.cause !== undefined) this.cause = options.cause
  }
}
