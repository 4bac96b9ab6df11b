import { closeSync, openSync, rmSync } from "node:fs"
import { join } from "node:path"
import Database from "better-sqlite3-multiple-ciphers"
import { AlreadyRunningError } from "../ports.ts"
import { FILE_NAMES } from "./data-folder.ts"
import { diskFault } from "./disk-fault.ts"

/**
 * Holds a folder for this process: an empty SQLite file in it stays locked exclusively. The operating system lets go when the process ends, however it ends.
 * No other code of this process may open and close that file, because that would let go as well (POSIX).
 * @throws {AlreadyRunningError}
 * @throws {StorageError}
 */
export function lockFolder(folder: string): AsyncDisposable {
  const database = hold(folder)
  return {
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

function hold(folder: string): Database.Database {
  const path = join(folder, FILE_NAMES.lock)
  try {
    return holdFile(path)
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : ""
    if (code === "SQLITE_BUSY") throw new AlreadyRunningError(folder, { cause: error })
    if (code !== "SQLITE_NOTADB") throw diskFault(`The file ${path}`, error)
    // It never holds anything, so one that is no database is worth nothing.
    rmSync(path, { force: true })
    return holdFile(path)
  }
}

function holdFile(path: string): Database.Database {
  closeSync(openSync(path, "a", 0o600))
  const database = new Database(path, { timeout: 0 })
  try {
    database.pragma("journal_mode = MEMORY")
    database.exec("BEGIN EXCLUSIVE")
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
