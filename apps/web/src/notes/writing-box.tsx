import { NOTE_LIMIT } from "@tessera/node/api"
import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef } from "preact/hooks"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Form } from "../parts/form.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { countCharacters } from "../text/characters.ts"
import { plural } from "../text/plural.ts"

/** Characters before the limit at which counting begins to be shown. */
const NEAR = 500

interface WritingBoxProps {
  /** The accessible name of the box, and what stands in it while it is empty. */
  readonly label: string
  readonly placeholder: string
  readonly send: string
  readonly text: string
  readonly onText: (text: string) => void
  /** Sends the text; what it throws is shown and the text stays. */
  readonly onSend: (text: string) => Promise<unknown>
  readonly onCancel?: () => void
  readonly focus?: boolean
  readonly class?: string
  readonly beside?: ComponentChildren
}

/** A box to write in: notes, answers and changes alike. */
export function WritingBox({ label, placeholder, send, text, onText, onSend, onCancel, focus, class: look = "", beside }: WritingBoxProps) {
  const id = useId()
  const box = useRef<HTMLTextAreaElement>(null)
  const attempt = useAttempt()
  const left = NOTE_LIMIT - countCharacters(text)

  useEffect(() => {
    const element = box.current
    if (focus !== true || element === null) return
    element.focus()
    element.setSelectionRange(text.length, text.length)
  }, [])

  const submit = async () => {
    if (text.trim() === "") {
      attempt.refuse("There is nothing written here yet.")
      box.current?.focus()
    } else if (left < 0) {
      attempt.refuse(`This is ${plural(-left, "character")} too long: ${NOTE_LIMIT.toLocaleString("en")} is the most that a note holds.`)
      box.current?.focus()
    } else await attempt.run(() => onSend(text))
  }

  return (
    <Form class={`writing ${look}`} onSubmit={submit}>
      {beside}
      <div class="writing-main">
        <label class="unseen" for={id}>
          {label}
        </label>
        <textarea
          ref={box}
          id={id}
          rows={2}
          dir="auto"
          placeholder={placeholder}
          value={text}
          autocomplete="off"
          spellcheck
          aria-describedby={left <= NEAR ? `${id}-left` : undefined}
          aria-invalid={left < 0 ? "true" : undefined}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              submit().catch(() => undefined)
            }
          }}
        />
        <Alert says={attempt.refused} />
        <div class="writing-foot">
          <span class={`left ${left < 0 ? "over" : ""}`} id={`${id}-left`} aria-live={left < 0 ? "polite" : "off"}>
            {left <= NEAR && (left < 0 ? `${plural(-left, "character")} too many` : `${plural(left, "character")} left`)}
          </span>
          {onCancel !== undefined && (
            <button type="button" class="quiet" onClick={onCancel}>
              Cancel
            </button>
          )}
          <BusyButton busy={attempt.busy} label={send} class={look === "" && text.trim() === "" ? "primary resting" : "primary"} />
        </div>
      </div>
    </Form>
  )
}
