import type { Timestamp } from "../timestamp.ts"

/**
 * What has become of a subkey.
 * - `active`: in use.
 * - `outOfUse`: replaced, nothing of it revoked; `since` when, if that was said.
 * - `revokedAll`: nothing that it signed is valid.
 * - `revokedPast`: what was received before `since`, and is not dated after it, stays valid.
 */
export type SubkeyState = "active" | "outOfUse" | "revokedAll" | "revokedPast"

interface Subkey {
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly state: SubkeyState
  /** Of `outOfUse`, `revokedAll` and `revokedPast`; 0 when not said, which only `outOfUse` may. Without meaning for `active`. */
  readonly since: Timestamp
}

/** An Ed25519 key that signs for the master key. */
export interface SigningSubkey extends Subkey {
  readonly use: "signing"
  /** The attestation block, 136 bytes, as `signAttestation` makes it. */
  readonly attestation: Uint8Array
}

/** An X25519 key that receives. It cannot sign, so nothing attests that its owner agrees. */
export interface EncryptionSubkey extends Subkey {
  readonly use: "encryption"
}

/**
 * A secp256k1 key. The specification does not say by which scheme such a key attests, so its attestation is carried and not verified:
 * do not take it as a proof that the owner of the key agrees.
 */
export interface NostrSubkey extends Subkey {
  readonly use: "nostr"
  /** The attestation block, 136 bytes; absent when the key is listed as encryption key data. */
  readonly attestation?: Uint8Array
}

/** One subkey of a key schedule. */
export type KeyScheduleEntry = SigningSubkey | EncryptionSubkey | NostrSubkey
