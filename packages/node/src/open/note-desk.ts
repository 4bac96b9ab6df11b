import {
  addressAuthor,
  formatReference,
  isAddress,
  parseReferenceText,
  timestampToUnixMillis,
  DecodeError,
  VerifyError,
} from "@tessera/mosaic"
import type { Address } from "@tessera/mosaic"
import type { Note, NoteHistory, Thread, TimelinePage } from "../api/contract.ts"
import { placeOf, readText, textParts } from "../notes/notes.ts"
import type { Notes, WrittenNote } from "../notes/notes.ts"
import { Refusal } from "../refusal.ts"
import type { NoteIndex, Timeline } from "../timeline/timeline.ts"

/** Notes as the interface reads and writes them; addresses are texts here. */
export interface NoteDesk {
  page(before: string | undefined, limit: number): Promise<TimelinePage>
  get(address: string): Promise<Note>
  post(text: string, replyTo: string | undefined): Promise<Note>
  edit(address: string, text: string): Promise<Note>
  thread(address: string): Promise<Thread>
  history(address: string): Promise<NoteHistory>
}

export interface NoteDeskOptions {
  readonly notes: Notes
  readonly index: NoteIndex
  readonly timeline: Timeline
  /** Resolves when a sequence of the record store is in the index. */
  readonly reached: (sequence: number) => Promise<void>
  /** A note was written and is durable. */
  readonly onWritten: () => void
}

export function createNoteDesk({ notes, index, timeline, reached, onWritten }: NoteDeskOptions): NoteDesk {
  const get = async (address: Address): Promise<Note> => {
    const note = await timeline.note(address)
    if (note === undefined) throw new Refusal("notFound", "This note is not here.")
    return note
  }
  const shown = async ({ record, sequence }: WrittenNote): Promise<Note> => {
    onWritten()
    try {
      await reached(sequence)
      return await get(record.address)
    } catch {
      // It is durable, and so it is told; the index comes to it when it can be written again.
      return timeline.provisional(record)
    }
  }
  return {
    page: (before, limit) => timeline.page(before, limit),
    get: async (address) => get(readAddress(address)),
    async post(text, replyTo) {
      if (replyTo === undefined) return shown(await notes.post(text))
      const parent = index.get(readAddress(replyTo))
      if (parent === undefined) throw new Refusal("notFound", "The note that you answer is not here.")
      return shown(await notes.post(text, placeOf(parent.address, parent.root)))
    },
    edit: async (address, text) => shown(await notes.edit(readAddress(address), text)),
    thread: async (address) => timeline.thread(readAddress(address)),
    async history(address) {
      const versions = await notes.versions(readAddress(address))
      if (versions.length === 0) throw new Refusal("notFound", "This note is not here.")
      return { versions: versions.map((record) => ({ parts: textParts(readText(record)), at: timestampToUnixMillis(record.timestamp) })) }
    },
  }
}

/** Reads `moref0…` as an address of somebody's note. @throws {Refusal} */
function readAddress(text: string): Address {
  try {
    const reference = parseReferenceText(text)
    if (isAddress(reference) && formatReference(reference) === text) {
      addressAuthor(reference)
      return reference
    }
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof VerifyError)) throw error
  }
  throw new Refusal("notFound", "This is not the address of a note.")
}
