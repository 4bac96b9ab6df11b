import { parseIpv4 } from "./ipv4.ts"

const GROUPS = 8
/** The longest form: six groups and a dotted address. */
const MAX_LENGTH = 45

/** The eight groups of an IPv6 address in any form of RFC 4291, 2.2, without a zone; undefined for another text. */
export function parseIpv6(text: string): readonly number[] | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const [before = "", after, ...more] = text.split("::")
  if (more.length > 0) return undefined
  const head = readGroups(before, after === undefined)
  const tail = readGroups(after ?? "", true)
  if (head === undefined || tail === undefined) return undefined
  const missing = GROUPS - head.length - tail.length
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function formatIpv6(groups: readonly number[]): string {
  let best = { at: 0, length: 1 }
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0
    while (groups[at + length] === 0) length += 1
    if (length > best.length) best = { at, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.length === 1) return hex.join(":")
  return `${hex.slice(0, best.at).join(":")}::${hex.slice(best.at + best.length).join(":")}`
}

function readGroups(text: string, last: boolean): readonly number[] | undefined {
  if (text === "") return []
  const groups: number[] = []
  const parts = text.split(":")
  for (const [index, part] of parts.entries()) {
    const dotted = last && index === parts.length - 1 ? parseIpv4(part) : undefined
    if (dotted !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9a-f]{1,4}$/iu.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
