import type { Note } from "@tessera/node/api"

/** Newest first; equal times are ordered by address, so that every device shows the same order. */
export function newestFirst(a: Note, b: Note): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt
  if (a.address === b.address) return 0
  return a.address < b.address ? 1 : -1
}

/** Puts a note where it belongs in a list that is in order; a note that is there already is replaced. */
export function placeNote(notes: readonly Note[], note: Note, order: (a: Note, b: Note) => number = newestFirst): readonly Note[] {
  const present = notes.findIndex((other) => other.address === note.address)
  if (present !== -1) {
    const old = notes[present] as Note
    if (order(old, note) === 0) return notes.with(present, note)
    return placeNote(notes.toSpliced(present, 1), note, order)
  }
  let low = 0
  let high = notes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(notes[middle] as Note, note) < 0) low = middle + 1
    else high = middle
  }
  return notes.toSpliced(low, 0, note)
}

/** Adds a page to the end of what is shown; notes that are in both (a note moved while paging) appear once. */
export function appendPage(notes: readonly Note[], page: readonly Note[]): readonly Note[] {
  return page.reduce((list, note) => placeNote(list, note), notes)
}

/** Whether a note that arrives belongs among those loaded: not below the end while older pages wait there. */
export function belongs(notes: readonly Note[], note: Note, olderWait: boolean): boolean {
  const last = notes.at(-1)
  return !olderWait || last === undefined || newestFirst(note, last) <= 0
}
