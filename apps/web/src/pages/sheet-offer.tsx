import { Alert } from "../parts/alert.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { dialog } from "../state/dialog.ts"
import { me, saveSettings } from "../state/me.ts"

/** Offers the recovery sheet, once. */
export function SheetOffer() {
  const attempt = useAttempt()
  if (me.value === undefined || me.value.settings.recoverySheetOffered) return null
  const done = () => attempt.run(() => saveSettings({ recoverySheetOffered: true }))
  return (
    <aside class="offer" aria-label="Recovery sheet">
      <p>
        <strong>If this device is ever lost,</strong> a recovery sheet on paper makes you yourself again.
      </p>
      <Alert says={attempt.refused} />
      <div class="offer-actions">
        <button type="button" class="plain" onClick={() => (dialog.value = { name: "sheet" })}>
          Make the sheet
        </button>
        <button type="button" class="quiet" onClick={done}>
          Not now
        </button>
      </div>
    </aside>
  )
}
