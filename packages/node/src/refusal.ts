/**
 * The node declines what the person asked; the message is a sentence for them that says what is wrong and what to do.
 * Nothing has changed then.
 */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly code: "badRequest" | "wrongPassphrase" | "wrongStage" | "ownCard" | "notFound" | "noAnswer" | "notYours" | "tooLarge"

  constructor(code: Refusal["code"], message: string) {
    super(message)
    this.code = code
  }
}
