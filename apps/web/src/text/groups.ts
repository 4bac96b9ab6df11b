/** Cuts a long code into groups of `size` characters, as it is read aloud or copied by hand. */
export function groupsOf(text: string, size: number): string[] {
  const groups: string[] = []
  for (let at = 0; at < text.length; at += size) groups.push(text.slice(at, at + size))
  return groups
}

/** Takes out the spaces and line breaks that printing, typing or copying put into a code. */
export function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "")
}
