import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Note, NoteAddress } from "@tessera/node/api"
import { sentenceFor } from "../api/refusal.ts"
import { NoteTile } from "../notes/note-tile.tsx"
import { Alert } from "../parts/alert.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { loadThread, thread } from "../state/thread.ts"
import { inThreadOrder } from "../state/thread-order.ts"

/** A note with all its answers, each below what it answers. */
export function ThreadPage({ note }: { note: NoteAddress }) {
  const refused = useSignal("")
  useEffect(() => {
    refused.value = ""
    thread.value = undefined
    loadThread(note).catch((error: unknown) => (refused.value = sentenceFor(error)))
    return () => {
      thread.value = undefined
    }
  }, [note])
  const open = thread.value?.asked === note ? thread.value : undefined
  const all: readonly Note[] = open === undefined ? [] : [...(open.root === undefined ? [] : [open.root]), ...open.replies]
  return (
    <>
      <PageHead title="Conversation" returns />
      <Alert says={refused.value} />
      <div class="wall thread" aria-busy={open === undefined && refused.value === ""}>
        {open !== undefined && open.root === undefined && (
          <p class="missing">The first note of this conversation is not known here (yet).</p>
        )}
        {inThreadOrder(all).map(({ note: each, depth }) => (
          <NoteTile key={each.address} note={each} depth={depth} inThread />
        ))}
      </div>
    </>
  )
}
