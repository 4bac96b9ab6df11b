import { batch, signal } from "@preact/signals"
import type { Note, TimelinePage } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { appendPage, belongs, placeNote } from "./note-order.ts"

const PAGE = 50
/** Pages that are loaded again after a gap, at most; who had more open finds the rest by "Show older notes". */
const PAGES_AGAIN = 6

/** Newest first. Undefined until the first page is there. */
export const timeline = signal<readonly Note[] | undefined>(undefined)

/** Where the older notes go on; undefined when all are shown. */
export const older = signal<string | undefined>(undefined)

/** Loads as much as is shown now, or the first page: at the start and after a gap. */
export async function loadTimeline(): Promise<void> {
  const wanted = timeline.peek()?.length ?? 0
  let notes: readonly Note[] = []
  let next: string | undefined
  for (let pages = 0; pages === 0 || (next !== undefined && notes.length < wanted && pages < PAGES_AGAIN); pages++) {
    const page: TimelinePage = await api.timeline(pages === 0 && wanted <= PAGE ? PAGE : 2 * PAGE, next)
    notes = appendPage(notes, page.notes)
    next = page.next
  }
  batch(() => {
    timeline.value = notes
    older.value = next
  })
}

export async function loadOlder(): Promise<void> {
  const cursor = older.peek()
  if (cursor === undefined) return
  const page = await api.timeline(PAGE, cursor)
  if (older.peek() !== cursor) return
  batch(() => {
    timeline.value = appendPage(timeline.peek() ?? [], page.notes)
    older.value = page.next
  })
}

/** Takes in a note that is new or changed. */
export function takeNote(note: Note): void {
  const notes = timeline.peek()
  if (notes === undefined) return
  const present = notes.some((other) => other.address === note.address)
  const { you, following } = note.author
  const meant = you || following || note.replyToAuthor?.you === true
  if (present || (meant && belongs(notes, note, older.peek() !== undefined))) timeline.value = placeNote(notes, note)
}

export function forgetTimeline(): void {
  timeline.value = undefined
  older.value = undefined
}
