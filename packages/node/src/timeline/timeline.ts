import { equalBytes } from "@tessera/mosaic"
import type { Address, VerifiedRecord } from "@tessera/mosaic"
import type { Note, Thread, TimelinePage } from "../api/contract.ts"
import { Refusal } from "../refusal.ts"
import { readPlace } from "../notes/notes.ts"
import { formatCursor, parseCursor } from "./cursor.ts"
import type { NoteIndex, NoteRow } from "./note-index.ts"
import { firstWritten, microsOf } from "./note-time.ts"
import type { NotePresenter } from "./present.ts"

export { startIndexFeed } from "./feed.ts"
export type { IndexChange } from "./feed.ts"
export { openNoteIndex } from "./note-index.ts"
export type { NoteIndex, NoteRow } from "./note-index.ts"
export { createNotePresenter } from "./present.ts"
export type { NotePresenter } from "./present.ts"

/** What the person reads: their own notes, those of people whom they follow, and what answers them. */
export interface Timeline {
  /** Newest first. `before`: the `next` of the page before. @throws {Refusal} for a `before` that no page gave. */
  page(before: string | undefined, limit: number): Promise<TimelinePage>
  note(address: Uint8Array): Promise<Note | undefined>
  /** An own note that was stored and that the index does not know yet. */
  provisional(record: VerifiedRecord): Promise<Note>
  /** The thread that a note belongs to. @throws {Refusal} `notFound` when nothing of it is known. */
  thread(address: Address): Promise<Thread>
}

/** Answers that are shown of one thread. */
const MOST_ANSWERS = 2_000

export function createTimeline({ index, presenter }: { readonly index: NoteIndex; readonly presenter: NotePresenter }): Timeline {
  return {
    async page(before, limit) {
      const place = before === undefined ? undefined : parseCursor(before)
      if (before !== undefined && place === undefined)
        throw new Refusal("badRequest", "This place in the timeline is not known. Load it from the top.")
      const rows = index.page(place, limit + 1)
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      const notes = await presenter.present(shown)
      return { notes, ...(rows.length > limit && last !== undefined ? { next: formatCursor(last) } : {}) }
    },
    async note(address) {
      const row = index.get(address)
      return row === undefined ? undefined : (await presenter.present([row]))[0]
    },
    async provisional(record) {
      const row = index.get(record.address) ?? rowOf(record)
      const [note] = await presenter.present([{ ...row, latest: record.id, changed: microsOf(record.timestamp) }])
      if (note === undefined) throw new Refusal("notFound", "This note is not here.")
      return note
    },
    async thread(address) {
      const rootAddress = index.get(address)?.root ?? address
      const rootRow = index.get(rootAddress)
      const answers = index.thread(rootAddress, MOST_ANSWERS).filter((row) => !equalBytes(row.address, rootAddress))
      if (rootRow === undefined && answers.length === 0) throw new Refusal("notFound", "This note is not here.")
      const [root] = rootRow === undefined ? [] : await presenter.present([rootRow])
      return { ...(root === undefined ? {} : { root }), replies: await presenter.present(answers) }
    },
  }
}

function rowOf(record: VerifiedRecord): NoteRow {
  const { address, author, id } = record
  const first = firstWritten(record)
  const { parent = null, root = null } = readPlace(record)
  return { address, author, created: first, first, latest: id, changed: first, parent, root, replies: 0, shown: 1 }
}
