import { signAttestation } from "../src/key-schedule/attestation.ts"
import type { EncryptionSubkey, NostrSubkey, SigningSubkey, SubkeyState } from "../src/key-schedule/entry.ts"
import { parseSecretKey, publicKeyOf } from "../src/keys/secret-key.ts"
import { ZERO_TIMESTAMP } from "../src/timestamp.ts"
import type { Timestamp } from "../src/timestamp.ts"

/** Fixed keys and entries of key schedules, for tests. */
export const secretOf = (seed: number) => parseSecretKey(new Uint8Array(32).fill(seed))

export const masterSecret = secretOf(1)
export const master = publicKeyOf(masterSecret)

export function signingSubkey(seed: number, state: SubkeyState = "active", since: Timestamp = ZERO_TIMESTAMP): SigningSubkey {
  const secret = secretOf(seed)
  return { use: "signing", key: publicKeyOf(secret), attestation: signAttestation(secret, master), state, since }
}

export function encryptionSubkey(seed: number, state: SubkeyState = "active", since: Timestamp = ZERO_TIMESTAMP): EncryptionSubkey {
  return { use: "encryption", key: new Uint8Array(32).fill(seed), state, since }
}

/** The attestation of a secp256k1 key has the same layout; nobody verifies its signature. */
export function nostrSubkey(seed: number, state: SubkeyState = "active", since: Timestamp = ZERO_TIMESTAMP): NostrSubkey {
  const key = new Uint8Array(32).fill(seed)
  const attestation = signAttestation(secretOf(seed), master)
  attestation[5] = 1
  attestation.set(key, 8)
  return { use: "nostr", key, attestation, state, since }
}
