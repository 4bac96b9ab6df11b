import type { Person } from "@tessera/node/api"
import { now } from "../state/clock.ts"
import { timeAgo } from "../text/time.ts"

const WORDS = { connected: "Connected now", connecting: "Looking for them…", unreachable: "Not reachable right now" } as const

/** Whether somebody can be reached, in words; the small stone beside them only repeats it. */
export function Connection({ person, brief }: { person: Person; brief?: boolean }) {
  const heard = person.lastHeard === undefined ? "nothing heard yet" : `last heard ${timeAgo(person.lastHeard, now.value)}`
  return (
    <span class={`connection ${person.connection}`}>
      {WORDS[person.connection]}
      {brief !== true && person.connection !== "connected" && ` · ${heard}`}
    </span>
  )
}
