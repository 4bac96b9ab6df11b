import type { PublicKey, SecretKey } from "@tessera/mosaic"

/** What this device holds for its person while the vault is open. The master key is not among it: it has a wrap of its own. */
export interface PersonSecrets {
  /** The person: public half of the master key. */
  readonly person: PublicKey
  /** Seed of this device's signing subkey (Ed25519). */
  readonly device: SecretKey
  /** Secret half of the person's encryption key (X25519), 32 bytes. */
  readonly encryption: Uint8Array
  /** Which home this is; raised when a device is removed. */
  readonly homeNumber: number
  /** Seeds of the home's two faces (Ed25519). */
  readonly door: SecretKey
  readonly friends: SecretKey
  /** Seals personal state, 32 bytes. */
  readonly state: Uint8Array
  /** Where the door listens, once chosen: 1 to 65,535. */
  readonly doorPort?: number
  /**
   * Records that the master signed when the vault was made (key schedule, profile): whoever opens the vault puts those that are missing into the store,
   * so that a crash between the vault and the store loses nothing.
   */
  readonly firstRecords: readonly Uint8Array[]
}
