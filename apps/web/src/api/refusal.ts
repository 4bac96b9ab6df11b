import type { ErrorCode } from "@tessera/node/api"

/** The node understood and said no; `message` is its sentence for the person. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Nothing answered: the node has ended, or this device is asleep. */
export class Silence extends Error {
  override readonly name = "Silence"

  constructor() {
    super("Tessera does not answer on this device right now. Nothing you typed is lost; try again in a moment.")
  }
}

/** The sentence to show for whatever went wrong. */
export function sentenceFor(error: unknown): string {
  if (error instanceof Refusal || error instanceof Silence) return error.message
  return "Something went wrong in this page. Please try again; reloading the page may help."
}
