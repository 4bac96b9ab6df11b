import { useEffect, useRef } from "preact/hooks"
import { Alert } from "../parts/alert.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { loadOlder, older } from "../state/timeline.ts"

/** Loads what is older, by itself when the end comes near, or when asked. */
export function OlderNotes() {
  const attempt = useAttempt()
  const end = useRef<HTMLDivElement>(null)
  const load = () => {
    attempt.run(loadOlder).catch(() => undefined)
  }
  const waits = older.value !== undefined
  useEffect(() => {
    const element = end.current
    if (element === null || attempt.refused !== "") return undefined
    const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && load(), { rootMargin: "600px" })
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [older.value, attempt.refused])
  if (!waits) return null
  return (
    <div class="older" ref={end}>
      <Alert says={attempt.refused} />
      <button type="button" class="plain" onClick={load}>
        {attempt.busy ? "Loading older notes…" : "Show older notes"}
      </button>
    </div>
  )
}
