const ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
/** Characters behind `tessera:` in the shortest card: version, two keys and checksum, 67 bytes in z-base-32. */
const SHORTEST = 108

/** Whether the text holds enough of a card that looking it up makes sense; the node is the judge of the rest. */
export function looksWhole(text: string): boolean {
  const at = text.toLowerCase().indexOf("tessera:")
  if (at === -1) return false
  const body = text
    .slice(at + "tessera:".length)
    .toLowerCase()
    .replace(/\s/g, "")
  let length = 0
  while (length < body.length && ALPHABET.includes(body.charAt(length))) length += 1
  return length >= SHORTEST
}
