import { compareBytes, DecodeError, KEY_SCHEDULE, PROFILE, readKeySchedule, readProfile, VerifyError } from "@tessera/mosaic"
import type { Profile, PublicKey, VerifiedRecord } from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"

/** Who somebody is, as their own master key says. */
export interface Identity {
  readonly schedule?: VerifiedRecord
  readonly profile?: VerifiedRecord
}

/** Records that are looked through for a valid one. */
const MOST = 16
/** Bytes of a profile of somebody who is not followed. */
export const IDENTITY_BYTES = 262_144

/** Asks a door who somebody is; takes the newest that holds, and nothing that does not. */
export async function askIdentity(connection: MosaicConnection, person: PublicKey, signal: AbortSignal): Promise<Identity> {
  let schedule: VerifiedRecord | undefined
  let profile: VerifiedRecord | undefined
  for await (const record of connection.query({ authors: [person], kinds: [KEY_SCHEDULE, PROFILE] }, { limit: MOST, signal })) {
    if (!holds(record)) continue
    if (record.kind === KEY_SCHEDULE) schedule = newer(schedule, record)
    else profile = newer(profile, record)
  }
  return { ...(schedule === undefined ? {} : { schedule }), ...(profile === undefined ? {} : { profile }) }
}

/** Whether a Key Schedule or Profile is one. */
export function holds(record: VerifiedRecord): boolean {
  return readOrNothing(() => (record.kind === PROFILE ? readProfile(record) : readKeySchedule(record))) !== undefined
}

export function profileOf(identity: Identity): Profile | undefined {
  const { profile } = identity
  return profile === undefined ? undefined : readOrNothing(() => readProfile(profile))
}

function newer(known: VerifiedRecord | undefined, record: VerifiedRecord): VerifiedRecord {
  return known === undefined || compareBytes(record.id, known.id) > 0 ? record : known
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
