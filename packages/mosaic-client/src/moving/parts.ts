import { type Filter, type PublicKey, KEPT, KEY_SCHEDULE, PROFILE, notifyTag } from "@tessera/mosaic"
import type { ServerRole } from "../routing/facts.ts"

/** One part of what a person has at their servers. */
export interface Part {
  readonly name: string
  /** At the old servers of which role it is. */
  readonly role: ServerRole
  readonly filter: Filter
}

/**
 * What a person has: who may act for them first, since the new server takes nothing that a subkey signed before; then all that they wrote; then what others wrote
 * to them.
 */
export function partsOf(person: PublicKey): Part[] {
  const toPerson: Filter = { includedTags: [[notifyTag(person)]] }
  return [
    { name: "keys", role: "outbox", filter: { authors: [person], kinds: [KEY_SCHEDULE, KEPT, PROFILE] } },
    { name: "own", role: "outbox", filter: { authors: [person] } },
    { name: "inbox", role: "inbox", filter: toPerson },
    { name: "encryption", role: "encryption", filter: toPerson },
  ]
}
