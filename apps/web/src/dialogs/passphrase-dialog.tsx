import { useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { Form } from "../parts/form.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { StrengthMeter } from "../parts/strength-meter.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { show } from "../state/announcement.ts"
import { dialog } from "../state/dialog.ts"

/** Changes the passphrase. The new one can be looked at, so it is typed once. */
export function PassphraseDialog() {
  const current = useSignal("")
  const next = useSignal("")
  const attempt = useAttempt()
  const first = useRef<HTMLInputElement>(null)
  const change = async () => {
    if (current.value === "") return attempt.refuse("Please type the passphrase that is in use now.")
    if (next.value === "") return attempt.refuse("Please type the passphrase that you want from now on.")
    if (await attempt.run(() => api.changePassphrase({ current: current.value, next: next.value }))) {
      dialog.value = undefined
      show("Your passphrase is changed.")
    } else first.current?.focus()
  }
  return (
    <Dialog title="Change the passphrase">
      <Form onSubmit={change}>
        <SecretField label="Current passphrase" value={current.value} onInput={(value) => (current.value = value)} inputRef={first} />
        <div class="with-strength">
          <SecretField
            label="New passphrase"
            value={next.value}
            onInput={(value) => (next.value = value)}
            hint="Look at it once with Show before you save it: nobody can look it up for you later."
          />
          <StrengthMeter passphrase={next.value} />
        </div>
        <p class="hint">A recovery sheet that you made before still opens with the passphrase of its day. Make a new one afterwards.</p>
        <Alert says={attempt.refused} />
        <div class="dialog-actions">
          <BusyButton busy={attempt.busy} label="Change passphrase" />
        </div>
      </Form>
    </Dialog>
  )
}
