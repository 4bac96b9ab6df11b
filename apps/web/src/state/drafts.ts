import { signal } from "@preact/signals"
import type { NoteAddress } from "@tessera/node/api"

/** What is being written, while this page is open: leaving the home page for a moment loses nothing, and nothing is stored. */
export const noteDraft = signal("")

const answers = new Map<NoteAddress, string>()

export function answerDraft(address: NoteAddress): string {
  return answers.get(address) ?? ""
}

export function keepAnswerDraft(address: NoteAddress, text: string): void {
  if (text === "") answers.delete(address)
  else answers.set(address, text)
}

export function forgetDrafts(): void {
  noteDraft.value = ""
  answers.clear()
}
