import { api } from "../api/client.ts"
import { Face } from "../parts/face.tsx"
import { tell } from "../state/announcement.ts"
import { noteDraft } from "../state/drafts.ts"
import { me } from "../state/me.ts"
import { takeNote } from "../state/timeline.ts"
import { WritingBox } from "./writing-box.tsx"

/** Where a new note is written. */
export function Composer() {
  const own = me.value
  const post = async (text: string) => {
    takeNote(await api.post({ text }))
    // What was typed while the note was on its way is kept.
    if (noteDraft.peek() === text) noteDraft.value = ""
    tell("Your note is in the timeline.")
  }
  return (
    <WritingBox
      class="composer"
      label="Write a note"
      placeholder="What would you like to say?"
      send="Post"
      text={noteDraft.value}
      onText={(text) => (noteDraft.value = text)}
      onSend={post}
      beside={own && <Face person={own.person} picture={own.picture} />}
    />
  )
}
