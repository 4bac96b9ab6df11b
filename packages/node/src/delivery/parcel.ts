import { DecodeError, parseAddress, parsePublicKey, parseRecordId, toHex, VerifyError } from "@tessera/mosaic"
import type { Address, PublicKey, RecordId } from "@tessera/mosaic"
import * as z from "zod"
import type { Hint } from "../card/card.ts"
import type { StateType } from "../state/state.ts"

/** A note that is on its way to the door of somebody whom it answers. */
export interface Parcel {
  readonly note: Address
  /** Id of the version that must arrive, with all before it. */
  readonly version: RecordId
  readonly to: PublicKey
  /** Where their door was when it was queued; a newer card counts more. */
  readonly door: PublicKey
  readonly hints: readonly Hint[]
  /** Unix time in milliseconds. */
  readonly queued: number
}

const schema = z.object({
  note: z.instanceof(Uint8Array),
  version: z.instanceof(Uint8Array),
  to: z.instanceof(Uint8Array),
  door: z.instanceof(Uint8Array),
  hints: z.array(z.object({ host: z.string(), port: z.number() })),
  queued: z.number(),
})

/** One item for each note and person, there until it is delivered. */
export const PARCEL: StateType<Parcel> = { name: "delivery", read: readParcel }

export const parcelKey = ({ note, to }: Pick<Parcel, "note" | "to">): string => `${toHex(note)}:${toHex(to)}`

function readParcel(value: unknown): Parcel | undefined {
  const parsed = schema.safeParse(value)
  if (!parsed.success) return undefined
  const { note, version, to, door, hints, queued } = parsed.data
  try {
    return { note: parseAddress(note), version: parseRecordId(version), to: parsePublicKey(to), door: parsePublicKey(door), hints, queued }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
