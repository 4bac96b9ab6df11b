import type { UnixMillis } from "@tessera/node/api"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** English words, in the order of day and month that the person's own English uses. */
function locale(): string {
  return typeof navigator !== "undefined" && navigator.language.startsWith("en") ? navigator.language : "en-GB"
}

const formats = new Map<string, Intl.DateTimeFormat>()
function format(at: UnixMillis, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify(options)
  let formatter = formats.get(key)
  if (formatter === undefined) formats.set(key, (formatter = new Intl.DateTimeFormat(locale(), options)))
  return formatter.format(at)
}

function startOfDay(at: UnixMillis): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** How long ago, in as few words as a quick look needs. A time slightly ahead (clocks differ) is now. */
export function timeAgo(at: UnixMillis, now: UnixMillis): string {
  const passed = now - at
  if (passed < -2 * MINUTE) return exactTime(at)
  if (passed < MINUTE) return "just now"
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`
  const clock = format(at, { hour: "numeric", minute: "2-digit" })
  const today = startOfDay(now)
  if (at >= today || passed < 4 * HOUR) return `${Math.floor(passed / HOUR)} h ago`
  if (at >= startOfDay(today - 1)) return `yesterday, ${clock}`
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return format(at, { day: "numeric", month: "long" })
  return format(at, { day: "numeric", month: "short", year: "numeric" })
}

/** The whole date and time. */
export function exactTime(at: UnixMillis): string {
  return format(at, { dateStyle: "long", timeStyle: "short" })
}

/** The date alone. */
export function dayOf(at: UnixMillis): string {
  return format(at, { dateStyle: "long" })
}
