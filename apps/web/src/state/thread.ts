import { signal } from "@preact/signals"
import type { Note, NoteAddress, Thread } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { newestFirst, placeNote } from "./note-order.ts"

/** The thread that is open, asked for by any of its notes. */
export interface OpenThread extends Thread {
  readonly asked: NoteAddress
}

export const thread = signal<OpenThread | undefined>(undefined)

export async function loadThread(address: NoteAddress): Promise<void> {
  const loaded = await api.thread(address)
  thread.value = { ...loaded, asked: address }
}

/** Takes in a note that belongs to the open thread. */
export function takeNoteInThread(note: Note): void {
  const open = thread.peek()
  if (open === undefined) return
  const rootAddress = open.root?.address ?? open.replies[0]?.root ?? open.asked
  if (note.address === rootAddress) thread.value = { ...open, root: note }
  else if (note.root === rootAddress || note.replyTo === rootAddress)
    thread.value = { ...open, replies: placeNote(open.replies, note, (a, b) => newestFirst(b, a)) }
}
