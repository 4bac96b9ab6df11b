import {
  compareBytes,
  DecodeError,
  HOME,
  KEY_SCHEDULE,
  namesDoor,
  PROFILE,
  readHome,
  readKeySchedule,
  readProfile,
  VerifyError,
} from "@tessera/mosaic"
import type { Home, Profile, PublicKey, VerifiedRecord } from "@tessera/mosaic"
import type { MosaicConnection } from "@tessera/mosaic-client"

/** Who somebody is, as their own master key says. */
export interface Identity {
  readonly schedule?: VerifiedRecord
  readonly profile?: VerifiedRecord
  /** Where their door is. */
  readonly home?: VerifiedRecord
}

/** Records that are looked through for a valid one. */
const MOST = 16
/** Home records that are looked through to learn whose a door is: checking one takes up to eight signatures. */
const MOST_OWNERS = 4
/** Bytes of a profile of somebody who is not followed. */
export const IDENTITY_BYTES = 262_144

/** Asks a door who somebody is; takes the newest that holds, and nothing that does not. */
export async function askIdentity(connection: MosaicConnection, person: PublicKey, signal: AbortSignal): Promise<Identity> {
  let schedule: VerifiedRecord | undefined
  let profile: VerifiedRecord | undefined
  let home: VerifiedRecord | undefined
  for await (const record of connection.query({ authors: [person], kinds: [KEY_SCHEDULE, PROFILE, HOME] }, { limit: MOST, signal })) {
    if (!holds(record)) continue
    if (record.kind === KEY_SCHEDULE) schedule = newer(schedule, record)
    else if (record.kind === HOME) home = newer(home, record)
    else profile = newer(profile, record)
  }
  return {
    ...(schedule === undefined ? {} : { schedule }),
    ...(profile === undefined ? {} : { profile }),
    ...(home === undefined ? {} : { home }),
  }
}

/**
 * Asks a door whose it is. Believed is only a Home record of somebody that names this very door, now or formerly: the door has signed that it is theirs,
 * they that it is their door. `undefined` when it has none to show, as doors of earlier versions.
 */
export async function askOwner(connection: MosaicConnection, door: PublicKey, signal: AbortSignal): Promise<PublicKey | undefined> {
  let newest: VerifiedRecord | undefined
  for await (const record of connection.query({ kinds: [HOME] }, { limit: MOST_OWNERS, signal })) {
    const home = homeIn(record)
    if (home !== undefined && namesDoor(home, door)) newest = newer(newest, record)
  }
  return newest?.author
}

/** Whether a Key Schedule, Profile or Home is one. */
export function holds(record: VerifiedRecord): boolean {
  return readOrNothing(() => readIdentity(record)) !== undefined
}

function readIdentity(record: VerifiedRecord): unknown {
  if (record.kind === HOME) return readHome(record)
  return record.kind === PROFILE ? readProfile(record) : readKeySchedule(record)
}

/** The Home in a record, if it holds. */
export function homeIn(record: VerifiedRecord): Home | undefined {
  return readOrNothing(() => readHome(record))
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
