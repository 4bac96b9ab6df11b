import {
  type Kind,
  type PublicKey,
  type SecretKey,
  type Tag,
  type Timestamp,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildRecord,
  encodeUtf8,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
} from "@tessera/mosaic"

/** People, servers and records for the tests of this package. */
const SECOND = 1_000_000_000n
/** In 2026. */
export const NOON: Timestamp = parseTimestamp(1_790_000_000n * SECOND)

export const later = (seconds: number, from: Timestamp = NOON): Timestamp => parseTimestamp(from + BigInt(Math.round(seconds * 1e9)))

export function secretOf(seed: number): SecretKey {
  const bytes = new Uint8Array(32).fill(7)
  new DataView(bytes.buffer).setUint32(0, seed)
  return parseSecretKey(bytes)
}

const keys = new Map<number, PublicKey>()

/** The public key of a seed; the same one each time. */
export function keyOf(seed: number): PublicKey {
  const known = keys.get(seed) ?? publicKeyOf(secretOf(seed))
  keys.set(seed, known)
  return known
}

export interface Written {
  readonly kind?: Kind
  readonly nonce?: VerifiedRecord["nonce"]
  readonly timestamp?: Timestamp
  readonly tags?: readonly Tag[]
  readonly text?: string
  /** When another key signs in their name. */
  readonly author?: PublicKey
}

let made = 0

/** A record of somebody's: a note one nanosecond after the last one, unless changed. */
export function write(seed: number, { text, author, ...changes }: Written = {}): VerifiedRecord {
  made += 1
  const unique = parseTimestamp(NOON + BigInt(made))
  return buildRecord({
    author: author ?? keyOf(seed),
    signer: secretOf(seed),
    kind: MICROBLOG_ROOT,
    nonce: nonceFromTimestamp(unique),
    timestamp: unique,
    payload: encodeUtf8(text ?? `note ${made}`),
    ...changes,
  })
}
