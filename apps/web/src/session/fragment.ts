/** What the address of the page may carry behind `#`. */
export interface Fragment {
  readonly token?: string
  /** A card that somebody opened as a link. */
  readonly card?: string
}

/** Reads `#TOKEN`, `#TOKEN&card=tessera:…` and `#card=tessera:…`; anything else is empty. */
export function parseFragment(hash: string): Fragment {
  const result: { token?: string; card?: string } = {}
  for (const part of hash.replace(/^#/, "").split("&")) {
    if (part.startsWith("card=")) result.card = decode(part.slice("card=".length))
    else if (part.startsWith("token=")) result.token = decode(part.slice("token=".length))
    else if (/^[\w.~-]{8,}$/.test(part)) result.token = part
  }
  return result
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
