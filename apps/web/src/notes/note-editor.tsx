import { useSignal } from "@preact/signals"
import type { Note } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { tell } from "../state/announcement.ts"
import { takeNoteInThread } from "../state/thread.ts"
import { takeNote } from "../state/timeline.ts"
import { WritingBox } from "./writing-box.tsx"

/** Where an own note is changed, in its place. */
export function NoteEditor({ note, onDone }: { note: Note; onDone: () => void }) {
  const text = useSignal(note.source ?? "")
  const save = async (written: string) => {
    if (written !== note.source) {
      const changed = await api.edit(note.address, written)
      takeNote(changed)
      takeNoteInThread(changed)
      tell("Your change is saved.")
    }
    onDone()
  }
  return (
    <WritingBox
      class="editor"
      label="Change what you wrote"
      placeholder=""
      send="Save change"
      text={text.value}
      onText={(next) => (text.value = next)}
      onSend={save}
      onCancel={onDone}
      focus
    />
  )
}
