import type { Settings } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { dialog } from "../state/dialog.ts"
import { enter } from "../state/live.ts"
import { me, saveSettings } from "../state/me.ts"

const THEMES: readonly { readonly value: Settings["theme"]; readonly words: string }[] = [
  { value: "system", words: "Automatic" },
  { value: "light", words: "Light" },
  { value: "dark", words: "Dark" },
]

export function SettingsPage() {
  const attempt = useAttempt()
  const theme = me.value?.settings.theme ?? "system"
  const lock = () =>
    attempt.run(async () => {
      await api.lock()
      enter("locked")
    })
  return (
    <>
      <PageHead title="Settings" />
      <Alert says={attempt.refused} />
      <div class="wall">
        <fieldset class="block themes">
          <legend>
            <h2>Light or dark</h2>
          </legend>
          <div class="theme-tiles">
            {THEMES.map(({ value, words }) => (
              <label key={value} class={`theme ${value}`}>
                <input
                  type="radio"
                  name="theme"
                  autocomplete="off"
                  value={value}
                  checked={theme === value}
                  onChange={() => attempt.run(() => saveSettings({ theme: value }))}
                />
                <span class="theme-sample" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                  <i />
                </span>
                <span>{words}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <section class="block row">
          <div>
            <h2>Recovery sheet</h2>
            <p class="hint">A page to print and keep in a safe place. With it and your passphrase you are yourself again on any device.</p>
          </div>
          <button type="button" class="plain" onClick={() => (dialog.value = { name: "sheet" })}>
            Make a sheet
          </button>
        </section>
        <section class="block row">
          <div>
            <h2>Passphrase</h2>
            <p class="hint">It locks everything that Tessera keeps on this device.</p>
          </div>
          <button type="button" class="plain" onClick={() => (dialog.value = { name: "passphrase" })}>
            Change it
          </button>
        </section>
        <section class="block row">
          <div>
            <h2>Lock</h2>
            <p class="hint">Closes everything at once. Until you unlock, nothing new arrives and nobody reaches you.</p>
          </div>
          <button type="button" class="plain" onClick={lock}>
            Lock now
          </button>
        </section>
      </div>
    </>
  )
}
