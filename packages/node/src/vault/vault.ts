import type { SecretKey } from "@tessera/mosaic"
import type { WrongPassphrase } from "./errors.ts"
import type { PersonSecrets } from "./secrets.ts"

export { VaultError } from "./errors.ts"
export type { WrongPassphrase } from "./errors.ts"
export type { PersonSecrets } from "./secrets.ts"

/** One key per purpose comes from the data key. */
export type Purpose = "records" | "index"

/** The file that holds a person's keys under their passphrase. Attempts are taken one after the other; a refusal takes the same time whatever was wrong. */
export interface Vault {
  /**
   * Whether there is a vault.
   * @throws {VaultError} `malformed` or `newerVersion`: then nothing may be written.
   */
  stage(): Promise<"new" | "locked">
  /**
   * Makes the vault, durably. `passphrase` must be one that `passphraseTrouble` has no objection to.
   * @throws {VaultError} `exists`.
   * @throws {StorageError} when the disk refuses; there is no vault then.
   * @throws {RangeError} for an unusable passphrase.
   */
  create(options: { readonly passphrase: string; readonly master: SecretKey; readonly secrets: PersonSecrets }): Promise<UnlockedVault>
  /** @throws {VaultError} when the file cannot be used, whatever the passphrase. */
  unlock(passphrase: string, options?: { readonly signal?: AbortSignal }): Promise<{ readonly ok: true; readonly vault: UnlockedVault } | WrongPassphrase>
}

/** The vault while the person is in. Disposing locks it: keys are wiped, every later call throws `VaultError` `locked`. */
export interface UnlockedVault extends Disposable {
  readonly secrets: PersonSecrets
  /** A fresh copy of the 32-byte key for a purpose; the caller wipes it after use. */
  keyFor(purpose: Purpose): Uint8Array
  /** Unwraps the master seed, runs the act, wipes the seed also when the act fails. The act must not keep the seed. */
  withMaster<T>(
    passphrase: string,
    act: (master: SecretKey) => T | Promise<T>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly ok: true; readonly value: T } | WrongPassphrase>
  /**
   * Wraps both keys anew in one atomic write.
   * @throws {StorageError} when the disk refuses; the old passphrase still holds then.
   * @throws {RangeError} for an unusable next passphrase.
   */
  changePassphrase(current: string, next: string, options?: { readonly signal?: AbortSignal }): Promise<{ readonly ok: true } | WrongPassphrase>
  /** Changes the given secrets, durably; `secrets` shows them when it resolved. */
  updateSecrets(change: Partial<Omit<PersonSecrets, "person">>): Promise<void>
}
