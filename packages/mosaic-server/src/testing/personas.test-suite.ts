import {
  type KeyScheduleEntry,
  type Kind,
  type PublicKey,
  type SecretKey,
  type Tag,
  type Timestamp,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildKeySchedule,
  buildRecord,
  encodeUtf8,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  signAttestation,
} from "@tessera/mosaic"

const SECOND = 1_000_000_000n
/** In 2026. Time in these tests stands still unless they move it. */
export const NOON: Timestamp = parseTimestamp(1_790_000_000n * SECOND)

export const later = (seconds: number, from: Timestamp = NOON): Timestamp => parseTimestamp(from + BigInt(Math.round(seconds * 1e9)))

/** Somebody with a master key and one subkey. */
export interface Persona {
  readonly secret: SecretKey
  readonly key: PublicKey
  readonly device: SecretKey
  readonly deviceKey: PublicKey
}

export function persona(seed: number): Persona {
  const secret = parseSecretKey(new Uint8Array(32).fill(seed))
  const device = parseSecretKey(new Uint8Array(32).fill(seed).fill(99, 31))
  return { secret, key: publicKeyOf(secret), device, deviceKey: publicKeyOf(device) }
}

export interface RecordChanges {
  readonly signer?: SecretKey
  readonly kind?: Kind
  readonly nonce?: VerifiedRecord["nonce"]
  readonly timestamp?: Timestamp
  readonly tags?: readonly Tag[]
  readonly payload?: Uint8Array
  readonly fromAuthor?: boolean
}

let made = 0

/** A record of somebody's: a note one nanosecond after the last one, unless changed. */
export function write(author: Persona, changes: RecordChanges = {}): VerifiedRecord {
  made += 1
  const timestamp = changes.timestamp ?? parseTimestamp(NOON + BigInt(made))
  return buildRecord({
    author: author.key,
    signer: author.secret,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(parseTimestamp(NOON + BigInt(made))),
    payload: encodeUtf8(`note ${made}`),
    ...changes,
    timestamp,
  })
}

/** Somebody's key schedule that lists their one subkey. */
export function schedule(
  owner: Persona,
  state: KeyScheduleEntry["state"] = "active",
  since: Timestamp = NOON,
  timestamp: Timestamp = NOON,
): VerifiedRecord {
  const attestation = signAttestation(owner.device, owner.key)
  return buildKeySchedule({
    master: owner.secret,
    timestamp,
    entries: [{ use: "signing", key: owner.deviceKey, state, since, attestation }],
  })
}
