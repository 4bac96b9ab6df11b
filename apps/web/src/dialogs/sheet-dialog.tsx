import { useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { BusyButton } from "../parts/busy-button.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { Form } from "../parts/form.tsx"
import { SecretField } from "../parts/secret-field.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { dialog } from "../state/dialog.ts"
import { me, saveSettings } from "../state/me.ts"
import { sheet } from "../state/sheet.ts"
import { go } from "../state/view.ts"

/** Asks for the passphrase that the recovery sheet is sealed with, then opens the sheet. */
export function SheetDialog() {
  const passphrase = useSignal("")
  const attempt = useAttempt()
  const box = useRef<HTMLInputElement>(null)
  const make = async () => {
    if (passphrase.value === "") attempt.refuse("Please type your passphrase.")
    else {
      const made = await attempt.run(async () => (sheet.value = await api.recoverySheet(passphrase.value)))
      if (made) {
        dialog.value = undefined
        go({ page: "sheet" })
        // Offered again at the next visit if this is lost: no harm.
        if (me.value?.settings.recoverySheetOffered === false) saveSettings({ recoverySheetOffered: true }).catch(() => undefined)
        return
      }
    }
    box.current?.focus()
    box.current?.select()
  }
  return (
    <Dialog title="Make a recovery sheet">
      <Form onSubmit={make}>
        <p>
          A page to print: with it and your passphrase you become yourself again on a new device, and the cards you gave away still lead to
          you.
        </p>
        <SecretField
          label="Passphrase"
          value={passphrase.value}
          onInput={(value) => (passphrase.value = value)}
          inputRef={box}
          hint="The sheet is sealed with it. This takes a moment."
        />
        <Alert says={attempt.refused} />
        <div class="dialog-actions">
          <BusyButton busy={attempt.busy} label="Make the sheet" />
        </div>
      </Form>
    </Dialog>
  )
}
