import { signal } from "@preact/signals"

/** What was just done, in a sentence: shown for a moment and read out. `seen: false` is for listeners only. */
export interface Announcement {
  readonly text: string
  readonly seen: boolean
}

export const announcement = signal<Announcement | undefined>(undefined)

let timer: ReturnType<typeof setTimeout> | undefined

function announce(text: string, seen: boolean): void {
  clearTimeout(timer)
  announcement.value = undefined
  // The empty moment makes a screen reader say the same sentence again.
  timer = setTimeout(() => {
    announcement.value = { text, seen }
    timer = setTimeout(() => (announcement.value = undefined), 5_000)
  }, 60)
}

/** Shows a sentence for a moment, and has it read out. */
export function show(text: string): void {
  announce(text, true)
}

/** Has a sentence read out where the eye sees by itself what happened. */
export function tell(text: string): void {
  announce(text, false)
}
