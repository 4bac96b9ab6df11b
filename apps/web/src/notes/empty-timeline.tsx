import { Face } from "../parts/face.tsx"
import { dialog } from "../state/dialog.ts"
import { me } from "../state/me.ts"
import { people } from "../state/people.ts"

/** What to do when nothing is there yet. */
export function EmptyTimeline() {
  const alone = people.value?.size === 0
  return (
    <div class="empty">
      <span class="empty-tiles" aria-hidden="true">
        {me.value && <Face person={me.value.person} picture={me.value.picture} />}
        <i />
        <i />
      </span>
      <h2>{alone ? "Your tile is set. The next one is a friend’s." : "Nothing has been written yet."}</h2>
      {alone ? (
        <>
          <p>Notes of the people you read appear here, newest first. Two ways to begin:</p>
          <div class="empty-ways">
            <button type="button" class="plain" onClick={() => (dialog.value = { name: "card" })}>
              Give a friend your card
            </button>
            <button type="button" class="plain" onClick={() => (dialog.value = { name: "add" })}>
              I was given a card
            </button>
          </div>
        </>
      ) : (
        <p>Your people are quiet so far. Write the first note yourself; those who read you see it at once.</p>
      )}
    </div>
  )
}
