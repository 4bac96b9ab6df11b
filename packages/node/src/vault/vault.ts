import type { SecretKey } from "@tessera/mosaic"
import type { Ports, VaultStorage } from "../ports.ts"
import { DEFAULT_COST } from "./cost.ts"
import { sealSecrets } from "./data-key.ts"
import type { WrongPassphrase } from "./errors.ts"
import { createVaultKeeper } from "./keeper.ts"
import { createPacedAttempts } from "./pace.ts"
import type { PersonSecrets } from "./secrets.ts"
import { openUnlockedVault, requireUsable } from "./unlocked.ts"
import type { UnlockedVault } from "./unlocked.ts"
import { unwrapSecret, wrapSecret } from "./wrap.ts"

export { DEFAULT_COST } from "./cost.ts"
export { VaultError } from "./errors.ts"
export type { WrongPassphrase } from "./errors.ts"
export { refuseNewerVault, VAULT_FILE_LIMIT } from "./file.ts"
export { passphraseTrouble } from "./passphrase.ts"
export { PASSPHRASE_FILE_LIMIT, PassphraseFileError, readPassphraseFile } from "./passphrase-file.ts"
export type { PersonSecrets } from "./secrets.ts"
export { suggestPassphrase } from "./suggestion.ts"
export type { UnlockedVault } from "./unlocked.ts"

/** The file that holds a person's keys under their passphrase. Attempts are taken one after the other; a refusal takes the same time whatever was wrong. */
export interface Vault {
  /**
   * Whether there is a vault.
   * @throws {VaultError} `malformed` or `newerVersion`: then nothing may be written.
   */
  stage(): Promise<"new" | "locked">
  /**
   * Makes the vault, durably. `passphrase` must be one that `passphraseTrouble` has no objection to. The caller wipes `master` and its own copy of the secrets.
   * @throws {VaultError} `exists`.
   * @throws {StorageError} when the disk refuses; there is no vault then.
   * @throws {RangeError} for an unusable passphrase.
   */
  create(options: { readonly passphrase: string; readonly master: SecretKey; readonly secrets: PersonSecrets }): Promise<UnlockedVault>
  /**
   * @throws {VaultError} when the file cannot be used, whatever the passphrase.
   * @throws {BusyError} when sixteen attempts wait already.
   */
  unlock(
    passphrase: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly ok: true; readonly vault: UnlockedVault } | WrongPassphrase>
}

/** Speaks for the vault of a folder; reads nothing until asked. */
export function openVault(ports: Pick<Ports, "clock" | "random" | "kdf"> & { readonly storage: VaultStorage }): Vault {
  const cost = { ...DEFAULT_COST, ...ports.kdf }
  const keeper = createVaultKeeper({ storage: ports.storage, random: ports.random, cost, attempts: createPacedAttempts(ports.clock) })
  return {
    async stage() {
      return (await keeper.load()) === undefined ? "new" : "locked"
    },
    async create({ passphrase, master, secrets }) {
      requireUsable(passphrase)
      const dataKey = ports.random(32)
      await keeper.begin({
        dataKey: await wrapSecret("data key", dataKey, passphrase, cost, ports.random),
        master: await wrapSecret("master", master, passphrase, cost, ports.random),
        secrets: sealSecrets(secrets, dataKey, ports.random),
      })
      return openUnlockedVault(keeper, dataKey)
    },
    async unlock(passphrase, { signal } = {}) {
      const attempt = await keeper.attempts.try(async () => {
        await keeper.load()
        return unwrapSecret("data key", keeper.file().dataKey, passphrase)
      }, signal)
      return attempt.ok ? { ok: true, vault: openUnlockedVault(keeper, attempt.value) } : attempt
    },
  }
}
