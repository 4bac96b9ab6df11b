import { join } from "node:path"
import { timestampFromUnixMillis } from "@tessera/mosaic"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import type { Clock, Storage } from "../ports.ts"
import { refuseNewerVault, VAULT_FILE_LIMIT } from "../vault/vault.ts"
import { writeAtomically } from "./atomic-write.ts"
import { FILE_NAMES, prepareDataFolder } from "./data-folder.ts"
import { diskFaultsClassed } from "./disk-fault.ts"
import { diskFileSystem } from "./file-system.ts"
import type { FileSystem } from "./file-system.ts"
import { lockFolder } from "./folder-lock.ts"
import { openIndexDatabase } from "./index-database.ts"

/**
 * A person's data in a folder of the machine; the folder is closed to others (0700), and so is each file (0600).
 * Nothing is written, not even the folder, before `lock`; a folder that a newer version wrote is refused by then, untouched.
 */
export function openFileStorage(folder: string, options: { readonly clock: Clock; readonly files?: FileSystem }): Storage {
  const { clock, files = diskFileSystem } = options
  const readVault = (): Promise<Uint8Array | undefined> =>
    diskFaultsClassed(`The file ${join(folder, FILE_NAMES.vault)}`, () => readBounded(files, join(folder, FILE_NAMES.vault)))
  return {
    readVault,
    writeVault: (bytes) =>
      diskFaultsClassed(`The file ${join(folder, FILE_NAMES.vault)}`, () => writeAtomically(files, folder, FILE_NAMES.vault, bytes)),
    openRecords: (key) =>
      openSqliteStore({ path: join(folder, FILE_NAMES.records), key, now: () => timestampFromUnixMillis(clock.unixMillis()) }),
    openIndex: (key) => openIndexDatabase(join(folder, FILE_NAMES.index), key),
    async lock() {
      const vault = await readVault()
      if (vault !== undefined) refuseNewerVault(vault)
      await prepareDataFolder(folder)
      return lockFolder(folder)
    },
  }
}

async function readBounded(files: FileSystem, path: string): Promise<Uint8Array | undefined> {
  try {
    return await files.read(path, VAULT_FILE_LIMIT)
  } catch (error) {
    // The vault says what is wrong with a file that is too long; its contents do not matter for that.
    if (error instanceof RangeError) return new Uint8Array(VAULT_FILE_LIMIT + 1)
    throw error
  }
}
