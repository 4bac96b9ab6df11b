import { NAME_LIMIT } from "@tessera/node/api"
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Field } from "../parts/field.tsx"
import { Form } from "../parts/form.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { StrengthMeter } from "../parts/strength-meter.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { enterAs } from "../state/live.ts"
import { countCharacters } from "../text/characters.ts"
import { Gate } from "./gate.tsx"
import { Restore } from "./restore.tsx"
import { Suggestion } from "./suggestion.tsx"

/** The first minute: a name, a passphrase, and in. */
export function SetUp() {
  const restoring = useSignal(false)
  return restoring.value ? <Restore onBack={() => (restoring.value = false)} /> : <Beginning onRestore={() => (restoring.value = true)} />
}

function Beginning({ onRestore }: { onRestore: () => void }) {
  const name = useSignal("")
  const passphrase = useSignal("")
  const shown = useSignal(false)
  const missing = useSignal<"" | "name" | "passphrase">("")
  const attempt = useAttempt()
  const nameBox = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const passphraseBox = useRef<HTMLInputElement>(null)

  useEffect(() => nameBox.current?.focus(), [])

  const begin = async () => {
    missing.value = ""
    if (name.value.trim() === "") {
      missing.value = "name"
      attempt.refuse("Please type what people should call you. Any name will do, and you can change it later.")
      nameBox.current?.focus()
    } else if (countCharacters(name.value.trim()) > NAME_LIMIT) {
      missing.value = "name"
      attempt.refuse(`This name is too long: ${NAME_LIMIT} characters are the most.`)
      nameBox.current?.focus()
    } else if (passphrase.value === "") {
      missing.value = "passphrase"
      attempt.refuse("Please choose a passphrase. It locks everything that Tessera keeps on this device.")
      passphraseBox.current?.focus()
    } else {
      await attempt.run(async () => enterAs(await api.setUp({ name: name.value.trim(), passphrase: passphrase.value })))
    }
  }

  return (
    <Gate spelled={name.value.trim()} laying={attempt.busy}>
      <Form class="gate-form" onSubmit={begin}>
        <h1 class="unseen">Begin with Tessera</h1>
        <Field
          class="grand"
          label="What should people call you?"
          value={name.value}
          onInput={(value) => (name.value = value)}
          invalid={missing.value === "name"}
          inputRef={nameBox}
        />
        <div class="with-strength">
          <SecretField
            label="Passphrase"
            value={passphrase.value}
            onInput={(value) => (passphrase.value = value)}
            shown={shown}
            invalid={missing.value === "passphrase"}
            inputRef={passphraseBox}
            hint="It locks everything on this device. Nobody can look it up for you, so note it down somewhere safe."
          />
          <StrengthMeter passphrase={passphrase.value} />
        </div>
        <Suggestion
          onTake={(words) => {
            passphrase.value = words.join(" ")
            shown.value = true
          }}
        />
        <Alert says={attempt.refused} />
        <div class="gate-actions">
          <BusyButton busy={attempt.busy} label="Start" class="primary large" />
          <button type="button" class="quiet" onClick={onRestore}>
            I have a recovery sheet
          </button>
        </div>
      </Form>
    </Gate>
  )
}
