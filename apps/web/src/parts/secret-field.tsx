import { useSignal } from "@preact/signals"
import type { Signal } from "@preact/signals"
import type { Ref } from "preact"
import { useId } from "preact/hooks"

interface SecretFieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  /** Whether the letters are shown; given by whoever also shows them by other means. */
  readonly shown?: Signal<boolean>
  readonly invalid?: boolean
  readonly hint?: string
  readonly inputRef?: Ref<HTMLInputElement>
}

/** A field for a passphrase. Not of type `password`: browsers offer to store those, and this one is for nobody's keeping but the person's. */
export function SecretField({ label, value, onInput, shown, invalid, hint, inputRef }: SecretFieldProps) {
  const id = useId()
  const own = useSignal(false)
  const visible = shown ?? own
  return (
    <div class="field secret">
      <label for={id}>{label}</label>
      <div class="secret-row">
        <input
          ref={inputRef ?? null}
          id={id}
          type="text"
          class={visible.value ? "" : "masked"}
          value={value}
          dir="auto"
          autocomplete="off"
          autocorrect="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={invalid === true ? "true" : undefined}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        <button
          type="button"
          class="quiet"
          aria-controls={id}
          aria-pressed={visible.value}
          onClick={() => (visible.value = !visible.value)}
        >
          {visible.value ? "Hide" : "Show"}
        </button>
      </div>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
