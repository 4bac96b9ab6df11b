import { equalBytes, toHex } from "../bytes.ts"
import type { Tag } from "./tag.ts"

/** Below this many comparisons looking at each pair is the quickest. */
const FEW_PAIRS = 64

/** Each list of tags that was compared with many, as a set: lists of filters and records do not change. */
const sets = new WeakMap<readonly Tag[], ReadonlySet<string>>()

/** A tag's type and whole value as text, to be looked up: `1:0a0b`. */
export const tagName = ({ type, value }: Tag): string => `${type}:${toHex(value)}`

/** Whether two lists have a tag in common: same type and same whole value. Takes time linear in their lengths, and less when asked again. */
export function shareTag(some: readonly Tag[], others: readonly Tag[]): boolean {
  if (some.length * others.length <= FEW_PAIRS) return some.some((tag) => others.some((other) => isSameTag(tag, other)))
  const [fewer, more] = [setOf(some), setOf(others)].toSorted((a, b) => a.size - b.size)
  if (fewer === undefined || more === undefined) return false
  for (const name of fewer) if (more.has(name)) return true
  return false
}

const isSameTag = (a: Tag, b: Tag): boolean => a.type === b.type && equalBytes(a.value, b.value)

function setOf(tags: readonly Tag[]): ReadonlySet<string> {
  let set = sets.get(tags)
  if (set === undefined) {
    set = new Set(tags.map(tagName))
    sets.set(tags, set)
  }
  return set
}
