import { join } from "node:path"
import type { FileSystem } from "./file-system.ts"

/**
 * Puts a file in place of an old one so that after a crash either all of the old or all of the new is there; resolves when durable.
 * When a step fails before the new name holds, the half-written file is removed and the old one is as it was.
 */
export async function writeAtomically(files: FileSystem, folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, `${name}.new`)
  try {
    await files.write(temporary, bytes)
    await files.syncFile(temporary)
    await files.rename(temporary, join(folder, name))
  } catch (error) {
    await files.remove(temporary).catch(() => undefined)
    throw error
  }
  await files.syncFolder(folder)
}
