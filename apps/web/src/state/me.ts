import { signal } from "@preact/signals"
import type { Me, Settings } from "@tessera/node/api"
import { api } from "../api/client.ts"

export const me = signal<Me | undefined>(undefined)

/** Saves settings; what the node answers is what holds. */
export async function saveSettings(change: Partial<Settings>): Promise<void> {
  const settings = await api.saveSettings(change)
  if (me.value !== undefined) me.value = { ...me.value, settings }
}
