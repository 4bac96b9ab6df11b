import { closeSync, openSync, rmSync } from "node:fs"
import Database from "better-sqlite3-multiple-ciphers"
import type { IndexDatabase } from "../ports.ts"
import { diskFault } from "./disk-fault.ts"

const KEY_LENGTH = 32

/**
 * Opens the encrypted index, or begins an empty one when there is none, it is damaged, or it does not open under this key: all of it can be rebuilt.
 * Durable only as far as consistency asks: after a loss of power the last changes may be gone, never a part of one.
 * @throws {StorageError} when the disk refuses.
 */
export function openIndexDatabase(path: string, key: Uint8Array): IndexDatabase {
  if (key.length !== KEY_LENGTH) throw new RangeError(`key: ${key.length} bytes, ${KEY_LENGTH} expected`)
  try {
    try {
      return connect(path, key)
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !isUnreadable(error.code)) throw error
      for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true })
      return connect(path, key)
    }
  } catch (error) {
    throw diskFault(`The file ${path}`, error)
  }
}

function connect(path: string, key: Uint8Array): IndexDatabase {
  closeSync(openSync(path, "a", 0o600))
  const database = new Database(path)
  try {
    database.pragma("temp_store = MEMORY")
    database.pragma("cipher = 'aegis'")
    database.pragma(`key = 'raw:${Buffer.from(key).toString("hex")}'`)
    database.pragma("journal_mode = WAL")
    database.pragma("synchronous = NORMAL")
    database.pragma("secure_delete = ON")
    database.pragma("foreign_keys = ON")
    const verdict = database.pragma("quick_check(1)", { simple: true })
    if (verdict !== "ok") throw new Database.SqliteError(String(verdict), "SQLITE_CORRUPT")
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function isUnreadable(code: string): boolean {
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")
}
