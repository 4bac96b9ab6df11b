import { closeSync, existsSync, fsyncSync, openSync, readSync, statSync } from "node:fs"
import { dirname } from "node:path"
import Database from "better-sqlite3-multiple-ciphers"
import { StorageError } from "../port.ts"
import { asStorageError, storageError } from "./fault.ts"
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.ts"

/** A file and, when it is encrypted, its key of 32 bytes. */
export interface DatabaseFile {
  readonly path: string
  readonly key?: Uint8Array
}

const PLAIN_HEADER = "SQLite format 3\0"
const KIBIBYTES_OF_CACHE = { writer: 32_768, reader: 32_768 }
/** In pages of 4 KiB. Fewer checkpoints write a page that changes often fewer times. */
const CHECKPOINT_PAGES = 4_000

/**
 * Opens the file for the one writer; makes it when there is none. One of an older version is left to whoever migrates it.
 *
 * @throws {StorageError} having changed nothing when the file is of a newer version, of another program, damaged, or does not open with this key.
 */
export function openWriter(file: DatabaseFile): Database.Database {
  return faultsClassed(() => {
    if (existsSync(file.path) && statSync(file.path).size > 0) inspect(file)
    else createFile(file.path)
    const database = connect(file, false)
    try {
      if (database.pragma("journal_mode = WAL", { simple: true }) !== "wal")
        throw storageError("failed", "no write-ahead log on this file system")
      database.pragma("synchronous = FULL")
      database.pragma("secure_delete = ON")
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      database.pragma(`cache_size = -${KIBIBYTES_OF_CACHE.writer}`)
      if (versionOf(database) === 0) database.transaction(() => database.exec(SCHEMA)).immediate()
      if (file.key !== undefined && isPlain(file.path)) throw storageError("failed", "it was not encrypted")
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Opens the file for reading; the writer must have it open. */
export function openReader(file: DatabaseFile): Database.Database {
  return faultsClassed(() => {
    const database = connect(file, true)
    database.pragma(`cache_size = -${KIBIBYTES_OF_CACHE.reader}`)
    return database
  })
}

function connect({ path, key }: DatabaseFile, readonly: boolean): Database.Database {
  const database = new Database(path, { readonly, fileMustExist: true })
  database.pragma("temp_store = MEMORY")
  if (key !== undefined) {
    database.pragma("cipher = 'aegis'")
    database.pragma(`key = 'raw:${Buffer.from(key).toString("hex")}'`)
  }
  return database
}

/** Looks at an existing file without changing it. */
function inspect(file: DatabaseFile): void {
  if (isPlain(file.path) && file.key !== undefined) throw storageError("wrongKey", "the file is not encrypted, although a key was given")
  const database = connect(file, true)
  try {
    const version = versionOf(database)
    if (version > SCHEMA_VERSION) throw storageError("newerVersion")
    const isForeign = version === 0 ? hasTables(database) : database.pragma("application_id", { simple: true }) !== APPLICATION_ID
    if (isForeign) throw storageError("failed", "it is the database of another program")
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_NOTADB")
      throw storageError(looksEncrypted(file.path) ? "wrongKey" : "corrupt")
    throw error
  } finally {
    database.close()
  }
}

/** `user_version`; 0 of a file that nothing was written to. */
export function versionOf(database: Database.Database): number {
  return Number(database.pragma("user_version", { simple: true }))
}

function hasTables(database: Database.Database): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined
}

function isPlain(path: string): boolean {
  return header(path).subarray(0, 16).toString("latin1") === PLAIN_HEADER
}

/** An encrypted file shows eight bytes of its header, from 16 on: page size (4,096), versions, reserved bytes, three constants. */
function looksEncrypted(path: string): boolean {
  const shown = header(path).subarray(16, 24).toString("hex")
  return /^1000(0101|0202)..402020$/.test(shown) && statSync(path).size % 4_096 === 0 && !isPlain(path)
}

function header(path: string): Buffer {
  const bytes = Buffer.alloc(24)
  const descriptor = openSync(path, "r")
  try {
    readSync(descriptor, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return bytes
}

/** Makes an empty file that only its owner can read; its name must survive a crash like its content. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600))
    // Windows opens no folders.
    if (process.platform === "win32") return
    const directory = openSync(dirname(path), "r")
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : ""
    const reason = code === "ENOSPC" ? "full" : ["EACCES", "EPERM", "EROFS"].includes(code) ? "readOnly" : "failed"
    throw new StorageError(reason, `The record file cannot be made: ${String(error)}`, { cause: error })
  }
}

function faultsClassed<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw asStorageError(error)
  }
}
