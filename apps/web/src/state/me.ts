import { signal } from "@preact/signals"
import type { Me, Settings } from "@tessera/node/api"
import { api } from "../api/client.ts"

export const me = signal<Me | undefined>(undefined)

function apply(settings: Partial<Settings>): void {
  const person = me.peek()
  if (person !== undefined) me.value = { ...person, settings: { ...person.settings, ...settings } }
}

/** Saves settings. They show at once; what the node answers is what holds, and a refusal puts back what was. */
export async function saveSettings(change: Partial<Settings>): Promise<void> {
  const before = me.peek()?.settings
  apply(change)
  try {
    apply(await api.saveSettings(change))
  } catch (error) {
    if (before !== undefined) apply(before)
    throw error
  }
}
