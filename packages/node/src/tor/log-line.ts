/** Longest line that is handed on. */
const LENGTH = 500

const SECRETS: readonly RegExp[] = [
  /\b[a-z2-7]{16,56}\b(?:\.onion)?/giu,
  /\$?\b[0-9A-F]{40}\b(?:[~=][A-Za-z0-9]{1,19})?/gu,
  /\[?\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?::\d+)?/giu,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/gu,
]
const TIME = /^[A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2}\.\d{3} /u

/** A line of tor's log without the time, and without addresses: no onion, relay or network address is ever handed on. */
export function scrubLogLine(line: string): string {
  let text = line.slice(0, LENGTH).replace(TIME, "")
  for (const secret of SECRETS) text = text.replaceAll(secret, "…")
  return text
}
