import { useSignal } from "@preact/signals"
import type { Note } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { show } from "../state/announcement.ts"
import { answerDraft, keepAnswerDraft } from "../state/drafts.ts"
import { takeNoteInThread } from "../state/thread.ts"
import { takeNote } from "../state/timeline.ts"
import { WritingBox } from "./writing-box.tsx"

/** Where an answer to a note is written, below it. */
export function AnswerBox({ to, onDone, focus }: { to: Note; onDone: () => void; focus?: boolean }) {
  const text = useSignal(answerDraft(to.address))
  const keep = (next: string) => {
    text.value = next
    keepAnswerDraft(to.address, next)
  }
  const answer = async (written: string) => {
    const note = await api.post({ text: written, replyTo: to.address })
    keep("")
    takeNote(note)
    takeNoteInThread(note)
    show("Your answer is on its way.")
    onDone()
  }
  return (
    <WritingBox
      class="answer"
      label="Write an answer"
      placeholder={`Answer ${to.author.you ? "yourself" : to.author.label}`}
      send="Send answer"
      text={text.value}
      onText={keep}
      onSend={answer}
      onCancel={onDone}
      focus={focus !== false}
    />
  )
}
