import type { TextPart } from "@tessera/node/api"
import { useSignal } from "@preact/signals"
import { countCharacters } from "../text/characters.ts"

/** Notes that are longer than this, in characters or lines, show their beginning first. */
const LONG = 1_200
const LONG_LINES = 16

function isLong(parts: readonly TextPart[]): boolean {
  const text = parts.map((part) => part.text).join("")
  return countCharacters(text) > LONG || text.split("\n", LONG_LINES + 1).length > LONG_LINES
}

/** Text and links of a note. Each paragraph runs in its own direction. */
export function Parts({ parts }: { parts: readonly TextPart[] }) {
  return (
    <>
      {parts.map((part, index) =>
        "link" in part ? (
          <a key={index} href={part.link} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </>
  )
}

/** The words of a note. A long one is all there (the browser's search finds it), but takes its whole place only when asked to. */
export function NoteText({ parts, whole }: { parts: readonly TextPart[]; whole?: boolean }) {
  const unfolded = useSignal(false)
  const folded = whole !== true && !unfolded.value && isLong(parts)
  return (
    <>
      <div class={`note-text ${folded ? "folded" : ""}`} dir="auto" onFocusIn={() => (unfolded.value = true)}>
        <Parts parts={parts} />
      </div>
      {folded && (
        <button type="button" class="quiet read-on" onClick={() => (unfolded.value = true)}>
          Read all of it
        </button>
      )}
    </>
  )
}
