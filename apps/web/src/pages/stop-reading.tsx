import { useSignal } from "@preact/signals"
import type { Person } from "@tessera/node/api"
import { useEffect, useRef } from "preact/hooks"
import { api } from "../api/client.ts"
import { Alert } from "../parts/alert.tsx"
import { useAttempt } from "../parts/use-attempt.ts"
import { show } from "../state/announcement.ts"
import { dropPerson } from "../state/people.ts"
import { loadTimeline } from "../state/timeline.ts"
import { go } from "../state/view.ts"

/** Ends reading somebody; asks once, in its place. */
export function StopReading({ person }: { person: Person }) {
  const asking = useSignal(false)
  const attempt = useAttempt()
  const keep = useRef<HTMLButtonElement>(null)
  const ask = useRef<HTMLButtonElement>(null)
  const stop = () =>
    attempt.run(async () => {
      await api.stopFollowing(person.person)
      go({ page: "people" })
      dropPerson(person.person)
      show("You no longer read them.")
      await loadTimeline()
    })
  useEffect(() => {
    if (asking.value) keep.current?.focus()
  }, [asking.value])
  if (!asking.value) {
    return (
      <button ref={ask} type="button" class="quiet danger" onClick={() => (asking.value = true)}>
        Stop reading them
      </button>
    )
  }
  return (
    <div class="asking" role="group" aria-label="Stop reading them?">
      <p>Their notes leave your timeline. They are not told. With their card you can read them again.</p>
      <Alert says={attempt.refused} />
      <button
        ref={keep}
        type="button"
        class="plain"
        onClick={() => {
          asking.value = false
          setTimeout(() => ask.current?.focus())
        }}
      >
        Keep reading
      </button>
      <button type="button" class="quiet danger" onClick={stop}>
        Yes, stop
      </button>
    </div>
  )
}
