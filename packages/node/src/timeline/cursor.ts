import { DecodeError, fromHex, toHex } from "@tessera/mosaic"
import type { PagePlace } from "./note-index.ts"

/** Writes where a page ended: opaque to whoever asks for the next one. */
export function formatCursor({ created, address }: PagePlace): string {
  return `${created.toString(36)}.${toHex(address)}`
}

/** Reads what `formatCursor` wrote; `undefined` for anything else. */
export function parseCursor(text: string): PagePlace | undefined {
  const match = /^([0-9a-z]{1,11})\.([0-9a-f]{96})$/.exec(text)
  if (match === null) return undefined
  const created = Number.parseInt(match[1] ?? "", 36)
  try {
    return Number.isSafeInteger(created) ? { created, address: fromHex(match[2] ?? "") } : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
