const PART = /^(?:0|[1-9]\d{0,2})$/u

/** The four bytes of a dotted address without leading zeros (which some take for octal); undefined for another text. */
export function parseIpv4(text: string): readonly number[] | undefined {
  if (text.length > 15) return undefined
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => PART.test(part) && Number(part) <= 255)) return undefined
  return parts.map(Number)
}
