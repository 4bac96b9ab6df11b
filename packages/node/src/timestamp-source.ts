import { parseTimestamp, timestampFromUnixMillis, ZERO_TIMESTAMP } from "@tessera/mosaic"
import type { Timestamp } from "@tessera/mosaic"
import type { Clock } from "./ports.ts"

/** Gives a timestamp greater than every one before it. */
export type TimestampSource = () => Timestamp

/**
 * The clock's time, or one nanosecond after the last timestamp when the clock stands still or goes back.
 * So two records of one moment differ, and what is newer is dated later. `after`: the greatest timestamp known from earlier runs.
 */
export function createTimestampSource(clock: Clock, after: Timestamp = ZERO_TIMESTAMP): TimestampSource {
  let last = after
  return () => {
    const now = timestampFromUnixMillis(clock.unixMillis())
    last = now > last ? now : parseTimestamp(last + 1n)
    return last
  }
}
