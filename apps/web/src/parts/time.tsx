import type { UnixMillis } from "@tessera/node/api"
import { now } from "../state/clock.ts"
import { exactTime, timeAgo } from "../text/time.ts"

export function Time({ at }: { at: UnixMillis }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {timeAgo(at, now.value)}
    </time>
  )
}
