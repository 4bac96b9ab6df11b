import { DecodeError, parsePublicKey, toHex, VerifyError } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import * as z from "zod"
import type { Hint } from "../card/card.ts"
import type { StateType } from "../state/state.ts"

/** Somebody whom the person follows: where their door is, and what the person calls them. */
export interface Follow {
  readonly person: PublicKey
  readonly door: PublicKey
  readonly hints: readonly Hint[]
  readonly petname?: string
  /** Unix time in milliseconds. */
  readonly since: number
}

const schema = z.object({
  person: z.instanceof(Uint8Array),
  door: z.instanceof(Uint8Array),
  hints: z.array(z.object({ host: z.string(), port: z.number() })),
  petname: z.string().optional(),
  since: z.number(),
})

/** One item for each person followed; the key is theirs in hexadecimal. */
export const FOLLOW: StateType<Follow> = { name: "follow", read: readFollow }

export const followKey = (person: Uint8Array): string => toHex(person)

function readFollow(value: unknown): Follow | undefined {
  const parsed = schema.safeParse(value)
  if (!parsed.success) return undefined
  const { person, door, petname, ...rest } = parsed.data
  try {
    return { ...rest, person: parsePublicKey(person), door: parsePublicKey(door), ...(petname === undefined ? {} : { petname }) }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
