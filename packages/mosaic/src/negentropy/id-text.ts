import { ITEM_ID_LENGTH } from "./bound.ts"

/** An id as a key of maps: its bytes as 16-bit characters, which costs less than hexadecimal. Nobody can choose ids so that a map becomes slow. */
export function idText(ids: Uint8Array, at = 0): string {
  let text = ""
  for (let offset = at; offset < at + ITEM_ID_LENGTH; offset += 2)
    text += String.fromCharCode(((ids[offset] ?? 0) << 8) | (ids[offset + 1] ?? 0))
  return text
}
