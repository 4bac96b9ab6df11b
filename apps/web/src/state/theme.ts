import { effect } from "@preact/signals"
import { me } from "./me.ts"

/** Keeps the page in the theme that the person chose; before they are in, the device decides. */
export function keepTheme(): () => void {
  return effect(() => {
    document.documentElement.dataset["theme"] = me.value?.settings.theme ?? "system"
  })
}
