import type { TextPart } from "../api/contract.ts"

/** Addresses longer than this stay text. */
const LINK_LIMIT = 2_000
const SCHEME = /(?<![\p{L}\p{N}_])https?:\/\//giu
// Ends at white space, at what quotes or encloses an address, and at what cannot be seen or turns the direction of writing.
const BODY = /[^\s<>"`\\|^{}\p{Cc}\p{Cf}]*/uy
const TRAILING = /[.,;:!?'"”’»…*_~]/u
const BRACKET = /[()[\]]/gu
const BRACKETS: Readonly<Record<string, string>> = { ")": "(", "]": "[" }

/**
 * Cuts a text into runs and safe links (http and https without credentials). What a link shows is where it leads: the host stands there as the browser
 * will ask for it, in ASCII, so that no letter can pass for another.
 */
export function textParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let shown = 0
  for (let from = 0; ;) {
    SCHEME.lastIndex = from
    const match = SCHEME.exec(text)
    if (match === null) break
    const start = match.index
    const run = matchAt(text, start)
    if (run.length > LINK_LIMIT) {
      from = start + run.length
      continue
    }
    const written = trimEnd(run)
    const link = readLink(written)
    if (link === undefined) {
      from = start + match[0].length
      continue
    }
    if (start > shown) parts.push({ text: text.slice(shown, start) })
    parts.push(link)
    shown = start + written.length
    from = shown
  }
  if (shown < text.length) parts.push({ text: text.slice(shown) })
  return parts
}

function matchAt(text: string, start: number): string {
  BODY.lastIndex = start
  return BODY.exec(text)?.[0] ?? ""
}

/** Leaves off the punctuation of the sentence around it; a closing bracket stays when it was opened inside. Each character is looked at once or twice. */
function trimEnd(written: string): string {
  const open: Record<string, number> = {}
  for (const character of written.match(BRACKET) ?? []) {
    const opening = BRACKETS[character]
    open[opening ?? character] = (open[opening ?? character] ?? 0) + (opening === undefined ? 1 : -1)
  }
  let end = written.length
  for (; end > 0; end -= 1) {
    const last = written.charAt(end - 1)
    const opening = BRACKETS[last]
    if (opening === undefined) {
      if (!TRAILING.test(last)) break
    } else {
      const balance = open[opening] ?? 0
      if (balance >= 0) break
      open[opening] = balance + 1
    }
  }
  return written.slice(0, end)
}

function readLink(written: string): { readonly link: string; readonly text: string } | undefined {
  if (!URL.canParse(written)) return undefined
  const url = new URL(written)
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "" || url.password !== "") return undefined
  // A bare word is no address that anybody means to share; a bracketed one is an IPv6 address.
  if (!url.hostname.includes(".") && !url.hostname.startsWith("[") && url.hostname !== "localhost") return undefined
  const rest = /^https?:\/\/[^/?#]*(.*)$/isu.exec(written)?.[1] ?? ""
  return { link: url.href, text: `${url.protocol}//${url.host}${rest}` }
}
