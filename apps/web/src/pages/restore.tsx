import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Field } from "../parts/field.tsx"
import { Form } from "../parts/form.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { enterAs } from "../state/live.ts"
import { withoutSpaces } from "../text/groups.ts"
import { Gate } from "./gate.tsx"

/** Makes the same person again from a recovery sheet. */
export function Restore({ onBack }: { onBack: () => void }) {
  const text = useSignal("")
  const passphrase = useSignal("")
  const name = useSignal("")
  const attempt = useAttempt()
  const first = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  useEffect(() => first.current?.focus(), [])

  const restore = async () => {
    if (withoutSpaces(text.value) === "") attempt.refuse("Please type or paste the text that is printed on the sheet.")
    else if (passphrase.value === "") attempt.refuse("Please type the passphrase that was in use when the sheet was made.")
    else if (name.value.trim() === "") attempt.refuse("Please type what people should call you.")
    else {
      await attempt.run(async () =>
        enterAs(await api.restore({ sheet: withoutSpaces(text.value), passphrase: passphrase.value, name: name.value.trim() })),
      )
    }
  }

  return (
    <Gate spelled={name.value.trim()} laying={attempt.busy}>
      <Form class="gate-form" onSubmit={restore}>
        <h1>Welcome back</h1>
        <p class="lead">With your recovery sheet you are the same person again, and the cards you gave away still lead to you.</p>
        <Field
          label="Text of the sheet"
          value={text.value}
          onInput={(value) => (text.value = value)}
          rows={4}
          code
          hint="It begins with mocryptsec0. Spaces and line breaks do not matter."
          inputRef={first}
        />
        <SecretField
          label="Passphrase"
          value={passphrase.value}
          onInput={(value) => (passphrase.value = value)}
          hint="The one that was in use when the sheet was made."
        />
        <Field label="What should people call you?" value={name.value} onInput={(value) => (name.value = value)} />
        <Alert says={attempt.refused} />
        <div class="gate-actions">
          <BusyButton busy={attempt.busy} label="Bring me back" class="primary large" />
          <button type="button" class="quiet" onClick={onBack}>
            I am new here
          </button>
        </div>
      </Form>
    </Gate>
  )
}
