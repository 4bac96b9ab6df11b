import { NOTE_LIMIT } from "../api/contract.ts"
import { countCodePoints } from "../profile/display-text.ts"

/** A text as it is kept: line breaks as `\n`, no halves of characters. */
export function noteText(typed: string): string {
  return typed.replaceAll(/\r\n?/g, "\n").toWellFormed()
}

/** Says what keeps a text from being a note, as a sentence for the person; `undefined` when nothing does. */
export function noteTrouble(text: string): string | undefined {
  if (!/[^\s\p{Cf}\p{Cc}]/u.test(text)) return "There is nothing in this note yet. Write something first."
  if (text.length > 2 * NOTE_LIMIT || countCodePoints(text, NOTE_LIMIT) > NOTE_LIMIT) {
    return `This note is too long: at most ${NOTE_LIMIT.toLocaleString("en")} characters. Shorten it, or make two of it.`
  }
  return undefined
}
