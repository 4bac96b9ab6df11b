// What shows nothing and can make a text look like another: controls, direction marks, byte order marks, tags. Joiners stay: scripts and emoji need them.
const UNSEEN = /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu
// The same, but line breaks and tabs are part of a longer text.
const UNSEEN_IN_TEXT = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** One line for display, such as a name: nothing unseen, single spaces, at most `limit` code points; longer ones are cut with an ellipsis. May be empty. */
export function displayLine(text: string, limit: number): string {
  const bounded = text.slice(0, 16 * limit).toWellFormed()
  return cut(bounded.replaceAll(/\s+/gu, " ").replaceAll(UNSEEN, "").trim(), limit)
}

/** Running text for display: line breaks stay, nothing that turns the direction of what follows; at most `limit` code points, longer ones are cut. */
export function displayText(text: string, limit: number): string {
  const bounded = text.slice(0, 4 * limit).toWellFormed()
  return cut(bounded.replaceAll(/\r\n?|[\u2028\u2029]/g, "\n").replaceAll(UNSEEN_IN_TEXT, ""), limit)
}

/** How many Unicode code points a text has, counted no further than `most + 1`. */
export function countCodePoints(text: string, most: number): number {
  let count = 0
  for (const _ of text) {
    count += 1
    if (count > most) break
  }
  return count
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  let end = 0
  let count = 0
  for (const character of text) {
    if (count === limit) return `${text.slice(0, end)}…`
    count += 1
    end += character.length
  }
  return text
}
