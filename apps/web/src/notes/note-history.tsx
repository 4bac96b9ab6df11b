import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Note, NoteHistory as History } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { sentenceFor } from "../api/refusal.ts"
import { Alert } from "../parts/alert.tsx"
import { Time } from "../parts/time.tsx"
import { Parts } from "./note-text.tsx"

/** What a note said before it was changed. */
export function NoteHistory({ note, id }: { note: Note; id: string }) {
  const history = useSignal<History | undefined>(undefined)
  const refused = useSignal("")
  useEffect(() => {
    api.history(note.address).then(
      (loaded) => (history.value = loaded),
      (error: unknown) => (refused.value = sentenceFor(error)),
    )
  }, [note.address, note.editedAt])
  const earlier = history.value?.versions.slice(1)
  return (
    <div class="history" id={id}>
      <Alert says={refused.value} />
      {earlier?.length === 0 && <p class="hint">Only this version is known here.</p>}
      {earlier !== undefined && earlier.length > 0 && (
        <ol aria-label="Earlier versions" reversed>
          {earlier.map((version) => (
            <li key={version.at}>
              <Time at={version.at} />
              <div class="note-text" dir="auto">
                <Parts parts={version.parts} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}
