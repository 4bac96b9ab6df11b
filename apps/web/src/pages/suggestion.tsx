import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { api } from "../api/client.ts"
import { tell } from "../state/announcement.ts"

/** Five words that make a good passphrase, taken with one click. */
export function Suggestion({ onTake }: { onTake: (words: readonly string[]) => void }) {
  const words = useSignal<readonly string[]>([])
  const taken = useSignal(false)
  const draw = () => {
    taken.value = false
    // Without a suggestion the field above is enough: nothing to say.
    api.suggestion().then(
      (suggestion) => (words.value = suggestion.words),
      () => (words.value = []),
    )
  }
  useEffect(draw, [])
  if (words.value.length === 0) return <div class="suggestion waiting" />
  return (
    <section class="suggestion" aria-label="A suggestion">
      <p class="hint">
        {taken.value
          ? "Taken. Note these words down before you go on:"
          : "No idea? Words drawn at random are easy to remember and hard to guess:"}
      </p>
      <ul class="word-tiles five">
        {words.value.map((word) => (
          <li key={word}>{word}</li>
        ))}
      </ul>
      <div class="suggestion-actions">
        <button
          type="button"
          class="plain"
          onClick={() => {
            taken.value = true
            onTake(words.value)
            tell("The words are filled in and shown. Note them down.")
          }}
        >
          Use these words
        </button>
        <button type="button" class="quiet" onClick={draw}>
          Other words
        </button>
      </div>
    </section>
  )
}
