import type { PublicKey, SecretKey } from "@tessera/mosaic"
import { equalBytes, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { derivePurposeKey, openSecrets, sealSecrets } from "./data-key.ts"
import type { Purpose } from "./data-key.ts"
import { VaultError } from "./errors.ts"
import type { WrongPassphrase } from "./errors.ts"
import { malformed } from "./file.ts"
import type { VaultKeeper } from "./keeper.ts"
import { passphraseTrouble } from "./passphrase.ts"
import { wipeSecrets } from "./secrets.ts"
import type { PersonSecrets } from "./secrets.ts"
import { createTurnstile } from "../turnstile.ts"
import { unwrapSecret, wrapSecret } from "./wrap.ts"

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
  changePassphrase(
    current: string,
    next: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly ok: true } | WrongPassphrase>
  /** Changes the given secrets, durably; `secrets` shows them when it resolved. */
  updateSecrets(change: Partial<Omit<PersonSecrets, "person">>): Promise<void>
}

const MOST_UPDATES = 16

/** Opens the vault's sealed part; takes `dataKey` over and wipes it in the end. @throws {VaultError} `malformed`. */
export function openUnlockedVault(keeper: VaultKeeper, dataKey: Uint8Array): UnlockedVault {
  let secrets = openSecrets(keeper.file().secrets, dataKey)
  let open = true
  // One update builds on the one before, also when that one has just reached the disk.
  const updates = createTurnstile(MOST_UPDATES)
  const check = (): void => {
    if (!open) throw new VaultError("locked", "Tessera was locked meanwhile. Unlock it and try again.")
  }
  return {
    get secrets() {
      check()
      return secrets
    },
    keyFor(purpose) {
      check()
      return derivePurposeKey(dataKey, purpose)
    },
    async withMaster(passphrase, act, { signal } = {}) {
      check()
      const person = secrets.person
      const attempt = await keeper.attempts.try(() => unwrapMaster(keeper, passphrase, person), signal)
      if (!attempt.ok) return attempt
      try {
        return { ok: true, value: await act(attempt.value) }
      } finally {
        attempt.value.fill(0)
      }
    },
    async changePassphrase(current, next, { signal } = {}) {
      check()
      requireUsable(next)
      const person = secrets.person
      const attempt = await keeper.attempts.try(() => unwrapMaster(keeper, current, person), signal)
      if (!attempt.ok) return attempt
      try {
        check()
        const wrappedKey = await wrapSecret("data key", dataKey, next, keeper.cost, keeper.random)
        const master = await wrapSecret("master", attempt.value, next, keeper.cost, keeper.random)
        check()
        await keeper.replace((file) => ({ ...file, dataKey: wrappedKey, master }))
        return { ok: true }
      } finally {
        attempt.value.fill(0)
      }
    },
    async updateSecrets(change) {
      await updates.pass(async () => {
        check()
        const next = { ...secrets, ...change }
        const sealed = sealSecrets(next, dataKey, keeper.random)
        await keeper.replace((file) => ({ ...file, secrets: sealed }))
        if (open) secrets = next
        else wipeSecrets(next)
      })
    },
    [Symbol.dispose]() {
      open = false
      dataKey.fill(0)
      wipeSecrets(secrets)
    },
  }
}

/** @throws {RangeError} for a text that cannot be a passphrase. */
export function requireUsable(passphrase: string): void {
  const trouble = passphraseTrouble(passphrase)
  if (trouble !== undefined) throw new RangeError(trouble)
}

async function unwrapMaster(keeper: VaultKeeper, passphrase: string, person: PublicKey): Promise<SecretKey | undefined> {
  const seed = await unwrapSecret("master", keeper.file().master, passphrase)
  if (seed === undefined) return undefined
  const master = parseSecretKey(seed)
  seed.fill(0)
  if (equalBytes(publicKeyOf(master), person)) return master
  master.fill(0)
  throw malformed("its master key belongs to somebody else")
}
