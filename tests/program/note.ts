import {
  type PublicKey,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  buildRecord,
  nonceFromTimestamp,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
  timestampFromUnixMillis,
} from "@tessera/mosaic"

const signer = parseSecretKey(new Uint8Array(32).fill(7))
export const author: PublicKey = publicKeyOf(signer)
const begun = timestampFromUnixMillis(Date.now())
let made = 0n

/** A note of the same author each time, signed. */
export function note(payload: Uint8Array = new Uint8Array(100)): VerifiedRecord {
  made += 1n
  const timestamp = parseTimestamp(begun + made)
  return buildRecord({ author, signer, kind: MICROBLOG_ROOT, nonce: nonceFromTimestamp(timestamp), timestamp, payload })
}
