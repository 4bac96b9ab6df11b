import * as z from "zod"
import type { Settings } from "../api/contract.ts"
import { setting } from "../state/state.ts"
import type { StateStore, StateType } from "../state/state.ts"

/** One item for each field of `Settings`, so that two devices can change different ones. */
const SETTING: StateType<string | boolean> = {
  name: "setting",
  read: (value) => (typeof value === "string" || typeof value === "boolean" ? value : undefined),
}

const theme = z.enum(["system", "light", "dark"])

/** The settings as they are kept; what a newer version wrote, or nobody set, is as it is out of the box. */
export function readSettings(state: StateStore): Settings {
  const kept = theme.safeParse(state.get(SETTING, "theme"))
  return { theme: kept.success ? kept.data : "system", recoverySheetOffered: state.get(SETTING, "recoverySheetOffered") === true }
}

/** Changes the given fields, all at once and durably. */
export async function changeSettings(state: StateStore, change: Partial<Settings>): Promise<Settings> {
  const changes = Object.entries(change).filter(([, value]) => value !== undefined)
  if (changes.length > 0) await state.change(changes.map(([key, value]) => setting(SETTING, key, value)))
  return readSettings(state)
}
