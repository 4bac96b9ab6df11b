import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Form } from "../parts/form.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { enterAs } from "../state/live.ts"
import { Gate } from "./gate.tsx"

/** Asks for the passphrase, and for nothing else. */
export function Unlock() {
  const passphrase = useSignal("")
  const attempt = useAttempt()
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])

  const unlock = async () => {
    if (passphrase.value === "") attempt.refuse("Please type your passphrase.")
    else if (await attempt.run(async () => enterAs(await api.unlock(passphrase.value)))) return
    box.current?.focus()
    box.current?.select()
  }

  return (
    <Gate spelled={"\u2026".repeat(Math.min(passphrase.value.length, 30))} laying={attempt.busy}>
      <Form class="gate-form" onSubmit={unlock}>
        <h1>Welcome back</h1>
        <p class="lead">Everything here is locked. Your passphrase opens it.</p>
        <SecretField
          label="Passphrase"
          value={passphrase.value}
          onInput={(value) => (passphrase.value = value)}
          invalid={attempt.refused !== ""}
          inputRef={box}
        />
        <Alert says={attempt.refused} />
        <div class="gate-actions">
          <BusyButton busy={attempt.busy} label="Unlock" class="primary large" />
        </div>
      </Form>
    </Gate>
  )
}
