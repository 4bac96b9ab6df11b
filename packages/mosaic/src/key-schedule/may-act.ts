import { equalBytes } from "../bytes.ts"
import type { KeptIds } from "../kept.ts"
import type { PublicKey } from "../keys/public-key.ts"
import type { RecordId } from "../reference.ts"
import type { Timestamp } from "../timestamp.ts"
import type { KeyScheduleEntry } from "./entry.ts"
import type { KeySchedule } from "./key-schedule.ts"

/** What somebody did in an author's name: fields of the record, and when it was received (now, for one that comes in). */
export interface Act {
  readonly signer: PublicKey
  readonly author: PublicKey
  readonly timestamp: Timestamp
  readonly received: Timestamp
  /** The record's id, to be found in `kept`. */
  readonly id?: RecordId
}

/** Whether an act stands, or why it does not. */
export type MayAct = { readonly ok: true } | { readonly ok: false; readonly reason: string }

const YES: MayAct = { ok: true }

/**
 * Whether a signer may act for an author.
 *
 * The master key always may. Of others only signing keys that the schedule lists: as active; as out of use, for records dated not after that; as revoked
 * for the past, for records received before that and not dated after it; or as any of these that are not active, for records that the author has kept.
 * A key that is listed several times may only what every entry allows.
 *
 * @param schedule the author's newest valid key schedule; undefined when none is known.
 * @param kept what the author's *Kept* records list.
 */
export function mayAct(schedule: KeySchedule | undefined, act: Act, kept?: KeptIds): MayAct {
  if (equalBytes(act.signer, act.author)) return YES
  if (schedule === undefined) return no("the author's key schedule is not known")
  if (!equalBytes(schedule.master, act.author)) return no("the key schedule is another author's")
  const entries = schedule.entries.filter((entry) => entry.use === "signing" && equalBytes(entry.key, act.signer))
  if (entries.length === 0) return no("the signing key is not in the author's key schedule")
  const isKept = act.id !== undefined && kept?.has(act.id) === true
  for (const entry of entries) {
    const refusal = isKept ? undefined : refuse(entry, act)
    if (refusal !== undefined) return no(refusal)
  }
  return YES
}

function refuse({ state, since }: KeyScheduleEntry, { timestamp, received }: Act): string | undefined {
  switch (state) {
    case "active":
      return undefined
    case "outOfUse":
      return timestamp <= since ? undefined : "the signing key was out of use by then"
    case "revokedPast":
      return received < since && timestamp <= since ? undefined : "the signing key was revoked by then"
    case "revokedAll":
      return "the signing key is revoked"
    default:
      return state satisfies never
  }
}

const no = (reason: string): MayAct => ({ ok: false, reason })
