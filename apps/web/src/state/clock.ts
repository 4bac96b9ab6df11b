import { signal } from "@preact/signals"

/** The time that "5 min ago" is counted from; moves on every half minute while somebody looks. */
export const now = signal(Date.now())

export function keepClock(): () => void {
  const tick = () => {
    if (document.visibilityState === "visible") now.value = Date.now()
  }
  const timer = setInterval(tick, 30_000)
  document.addEventListener("visibilitychange", tick)
  return () => {
    clearInterval(timer)
    document.removeEventListener("visibilitychange", tick)
  }
}
