import type { Random, VaultStorage } from "../ports.ts"
import type { Argon2Cost } from "./cost.ts"
import { VaultError } from "./errors.ts"
import { decodeVaultFile, encodeVaultFile } from "./file.ts"
import type { VaultFile } from "./file.ts"
import type { PacedAttempts } from "./pace.ts"
import { createTurnstile } from "../turnstile.ts"

/** Reads and writes the vault file for everybody who changes it: one change at a time, each built on the last one that reached the disk. */
export interface VaultKeeper {
  readonly cost: Argon2Cost
  readonly random: Random
  readonly attempts: PacedAttempts
  /** The file as it was last read or written. @throws {VaultError} `missing`. */
  file(): VaultFile
  /** Reads it from the disk; `undefined` when there is none. @throws {VaultError} `malformed` or `newerVersion`. */
  load(): Promise<VaultFile | undefined>
  /** Writes the first file. @throws {VaultError} `exists`. */
  begin(file: VaultFile): Promise<void>
  /** Changes the file; when the disk refuses, the old one still holds. */
  replace(change: (file: VaultFile) => VaultFile): Promise<void>
}

const MOST_WRITES = 64

export function createVaultKeeper(options: {
  storage: VaultStorage
  random: Random
  attempts: PacedAttempts
  cost: Argon2Cost
}): VaultKeeper {
  const { storage, random, attempts, cost } = options
  const writes = createTurnstile(MOST_WRITES)
  let current: VaultFile | undefined
  const file = (): VaultFile => {
    if (current === undefined)
      throw new VaultError("missing", "There is no vault in this folder yet. Set Tessera up, or restore from your recovery sheet.")
    return current
  }
  const load = async (): Promise<VaultFile | undefined> => {
    const bytes = await storage.readVault()
    current = bytes === undefined ? undefined : decodeVaultFile(bytes)
    return current
  }
  const write = async (next: VaultFile): Promise<void> => {
    const bytes = encodeVaultFile(next)
    try {
      await storage.writeVault(bytes)
    } catch (error) {
      // Whichever of the two the disk shows now is the one that passphrases are held against from here on.
      await load().catch(() => undefined)
      throw error
    }
    current = next
  }
  return {
    cost,
    random,
    attempts,
    file,
    load: () => writes.pass(load),
    begin: (first) =>
      writes.pass(async () => {
        if ((await storage.readVault()) !== undefined)
          throw new VaultError("exists", "This folder belongs to somebody already. Unlock it, or choose another folder.")
        await write(first)
      }),
    replace: (change) => writes.pass(() => write(change(file()))),
  }
}
