import { compareBytes } from "@tessera/mosaic"
import { encode } from "cborg"
import type { MergeRule, StateVersion } from "./type.ts"

/** The one that was set later; of two set at the same instant the one whose CBOR is greater, so that every device chooses the same. */
export const lastWriter: MergeRule = (one, other) => {
  if (one.at !== other.at) return one.at > other.at ? one : other
  return compareBytes(encode(one.value), encode(other.value)) >= 0 ? one : other
}

/** For marks that only ever advance: the greater number. A version that is no number loses against one that is. */
export const greatest: MergeRule = (one, other) => {
  const first = numberOf(one)
  const second = numberOf(other)
  if (first === undefined || second === undefined) return first === second ? lastWriter(one, other) : first === undefined ? other : one
  if (first === second) return lastWriter(one, other)
  return first > second ? one : other
}

function numberOf({ value }: StateVersion): number | bigint | undefined {
  return typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value)) ? value : undefined
}
