import type { Note, NoteAddress } from "@tessera/node/api"

/** A note and how far it is from the first of its thread. */
export interface Placed {
  readonly note: Note
  readonly depth: number
}

/**
 * Puts the notes of a thread (given oldest first) below what they answer. Answers to what is not here stand at the top level;
 * notes that answer each other in a circle, which no honest device makes, are shown once.
 */
export function inThreadOrder(notes: readonly Note[]): readonly Placed[] {
  const here = new Set(notes.map((note) => note.address))
  const answers = new Map<NoteAddress, Note[]>()
  const tops: Note[] = []
  for (const note of notes) {
    if (note.replyTo === undefined || !here.has(note.replyTo)) {
      tops.push(note)
      continue
    }
    const siblings = answers.get(note.replyTo)
    if (siblings === undefined) answers.set(note.replyTo, [note])
    else siblings.push(note)
  }
  const placed: Placed[] = []
  const seen = new Set<NoteAddress>()
  // A stack of our own: a thread may be deeper than the call stack.
  const place = (start: Note) => {
    const waiting: Placed[] = [{ note: start, depth: 0 }]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { note, depth } = next
      if (seen.has(note.address)) continue
      seen.add(note.address)
      placed.push(next)
      for (const answer of (answers.get(note.address) ?? []).toReversed()) waiting.push({ note: answer, depth: depth + 1 })
    }
  }
  for (const note of tops) place(note)
  for (const note of notes) place(note)
  return placed
}
