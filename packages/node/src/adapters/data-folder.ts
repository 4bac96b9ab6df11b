import { chmod, mkdir, readdir, stat } from "node:fs/promises"
import { diskFaultsClassed } from "./disk-fault.ts"

/** What Tessera keeps in its folder. */
export const FILE_NAMES = { vault: "vault.json", lock: "lock", records: "records.db", index: "index.db" } as const

/**
 * Makes the data folder, or closes an existing one to other users of the machine when it is empty or Tessera's own; a folder with other things in it
 * keeps its permissions (the files in it are closed anyway).
 * @throws {StorageError}
 */
export function prepareDataFolder(folder: string): Promise<void> {
  return diskFaultsClassed(`The folder ${folder}`, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { mode } = await stat(folder)
    if ((mode & 0o077) === 0 || process.platform === "win32") return
    const names = await readdir(folder)
    if (names.length === 0 || names.includes(FILE_NAMES.vault)) await chmod(folder, 0o700)
  })
}
