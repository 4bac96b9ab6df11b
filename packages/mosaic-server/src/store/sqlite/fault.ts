import Database from "better-sqlite3-multiple-ciphers"
import { StorageError } from "../port.ts"

/** The words for each reason, for a person to read. */
export const SENTENCES: Readonly<Record<StorageError["reason"], string>> = {
  full: "The disk is full. Nothing of this was saved; make room and try again.",
  readOnly: "The data folder cannot be written to. Check its permissions.",
  corrupt: "The record file is damaged. Put back a copy of it, or move it away to start with an empty one.",
  newerVersion:
    "The record file was written by a newer version of this program. Update the program to open it; the file was left as it is.",
  wrongKey: "The key does not open the record file, or the first page of the file is damaged.",
  failed: "The record file cannot be used.",
}

/** The error of a reason, with its sentence and what SQLite said. */
export function storageError(reason: StorageError["reason"], detail?: string): StorageError {
  return new StorageError(reason, detail === undefined ? SENTENCES[reason] : `${SENTENCES[reason]} (${detail})`)
}

/** Says what an exception of SQLite means. Others are our own bugs and stay as they are. */
export function asStorageError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  return new StorageError(reasonOf(error.code), `${SENTENCES[reasonOf(error.code)]} (${error.code}: ${error.message})`, { cause: error })
}

function reasonOf(code: string): StorageError["reason"] {
  // The file that readers and writer share in memory (-shm) is made longer under this name.
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") return "full"
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "corrupt"
  if (code.startsWith("SQLITE_READONLY") || code === "SQLITE_PERM" || code === "SQLITE_CANTOPEN") return "readOnly"
  return "failed"
}
