import type { Ref } from "preact"
import { useId } from "preact/hooks"

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly hint?: string
  readonly rows?: number
  readonly invalid?: boolean
  /** A code, not words: no spelling, no capitals. */
  readonly code?: boolean
  readonly class?: string
  readonly inputRef?: Ref<HTMLInputElement & HTMLTextAreaElement>
}

/** A labelled line or, with `rows`, a box of text. Nothing of it is remembered by the browser. */
export function Field({ label, value, onInput, hint, rows, invalid, code, class: look = "", inputRef }: FieldProps) {
  const id = useId()
  const shared = {
    id,
    value,
    class: code === true ? "code" : "",
    dir: code === true ? ("ltr" as const) : ("auto" as const),
    autocomplete: "off",
    autocorrect: "off",
    autocapitalize: code === true ? ("off" as const) : ("sentences" as const),
    spellcheck: code !== true && rows !== undefined,
    "aria-invalid": invalid === true ? ("true" as const) : undefined,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  }
  return (
    <div class={`field ${look}`}>
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <input ref={(inputRef as Ref<HTMLInputElement>) ?? null} type="text" {...shared} />
      ) : (
        <textarea ref={(inputRef as Ref<HTMLTextAreaElement>) ?? null} rows={rows} {...shared} />
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
