/** A line of a reply, taken apart: words by their place, and those of the form `NAME=value`. */
export interface Words {
  readonly plain: readonly string[]
  readonly named: ReadonlyMap<string, string>
}

const NAME = /^[A-Za-z0-9_/.-]+$/u

/** Takes a line apart at its spaces; values may be quoted, with backslashes before quotes and backslashes (control-spec, "QuotedString"). Reads anything. */
export function parseWords(text: string): Words {
  const plain: string[] = []
  const named = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    if (text[at] === " ") {
      at += 1
      continue
    }
    const word = readWord(text, at)
    at = word.end
    if (word.name === undefined) plain.push(word.value)
    else named.set(word.name, word.value)
  }
  return { plain, named }
}

interface Word {
  readonly name: string | undefined
  readonly value: string
  readonly end: number
}

function readWord(text: string, start: number): Word {
  const space = text.indexOf(" ", start)
  const stop = space < 0 ? text.length : space
  const word = text.slice(start, stop)
  const equals = word.indexOf("=")
  const name = equals > 0 && NAME.test(word.slice(0, equals)) ? word.slice(0, equals) : undefined
  const valueAt = name === undefined ? start : start + equals + 1
  if (text[valueAt] !== '"') return { name, value: text.slice(valueAt, stop), end: stop }
  return { name, ...readQuoted(text, valueAt + 1) }
}

function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  const parts: string[] = []
  let at = start
  while (at < text.length && text[at] !== '"') {
    if (text[at] === "\\") at += 1
    parts.push(text[at] ?? "")
    at += 1
  }
  return { value: parts.join(""), end: at + 1 }
}
