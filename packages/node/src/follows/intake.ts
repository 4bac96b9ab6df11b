import { HOME, KEY_SCHEDULE, mayAct, PROFILE, readKeySchedule, toHex, VerifyError } from "@tessera/mosaic"
import type { KeySchedule, Kind, PublicKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { isNote } from "../notes/notes.ts"
import { holds } from "./identity.ts"

/** Lets records from others into the store: only what holds, and only from keys that may act for their author. */
export interface Intake {
  /**
   * Stores what may come in, durably. Resolves to the authors of records that were left out because no key schedule known here lists their signer:
   * when a newer schedule was found, hand those records over again.
   * @throws {StorageError} when the disk refuses; then nothing was stored.
   */
  take(batch: readonly VerifiedRecord[]): Promise<readonly VerifiedRecord[]>
}

const MOST_REMEMBERED = 1_000
/** Kinds that say who somebody is and where their door is; only a person's master key signs them. */
const IDENTITY: readonly Kind[] = [KEY_SCHEDULE, PROFILE, HOME]

export function createIntake({ records, now }: { readonly records: RecordStore; readonly now: () => Timestamp }): Intake {
  const schedules = new Map<string, KeySchedule>()
  const scheduleOf = async (author: PublicKey): Promise<KeySchedule | undefined> => {
    const known = schedules.get(toHex(author))
    if (known !== undefined) return known
    const { records: found } = await records.query({ authors: [author], kinds: [KEY_SCHEDULE], signers: [author] }, { limit: 16 })
    for (const { record } of found) {
      const schedule = readSchedule(record)
      if (schedule === undefined) continue
      if (schedules.size >= MOST_REMEMBERED) schedules.clear()
      schedules.set(toHex(author), schedule)
      return schedule
    }
    return undefined
  }
  return {
    async take(batch) {
      const identities = batch.filter((record) => IDENTITY.includes(record.kind) && holds(record))
      if (identities.length > 0) {
        await records.put(identities)
        for (const { author } of identities) schedules.delete(toHex(author))
      }
      const notes: VerifiedRecord[] = []
      const left: VerifiedRecord[] = []
      for (const record of batch.filter(isNote)) {
        const { signer, author, timestamp, id } = record
        const verdict = mayAct(await scheduleOf(author), { signer, author, timestamp, received: now(), id })
        if (verdict.ok) notes.push(record)
        else left.push(record)
      }
      if (notes.length > 0) await records.put(notes)
      return left
    },
  }
}

function readSchedule(record: VerifiedRecord): KeySchedule | undefined {
  try {
    return readKeySchedule(record)
  } catch (error) {
    if (error instanceof VerifyError) return undefined
    throw error
  }
}
