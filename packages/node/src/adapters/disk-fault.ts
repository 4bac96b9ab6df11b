import { StorageError } from "@tessera/mosaic-server"

/** Runs `act`; what the operating system refuses becomes a `StorageError` with a sentence for the person. `what` names the thing: "The file vault.json". */
export async function diskFaultsClassed<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw diskFault(what, error)
  }
}

/** A `StorageError` for a refusal of the operating system or of SQLite; anything else as it is. */
export function diskFault(what: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
    case "SQLITE_FULL":
    case "SQLITE_IOERR_SHMSIZE":
      return new StorageError("full", "The disk is full. Nothing of this was saved; make room and try again.", { cause: error })
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "SQLITE_CANTOPEN":
    case "SQLITE_PERM":
    case "SQLITE_READONLY":
      return new StorageError("readOnly", `${what} cannot be written to or read. Check who owns it and its permissions.`, { cause: error })
    case "ENOTDIR":
    case "EEXIST":
      return new StorageError("failed", `${what} is not a folder. Choose another place for Tessera's data.`, { cause: error })
    case "EISDIR":
      return new StorageError("failed", `${what} is a folder where a file should be. Move it away and start again.`, { cause: error })
    default:
      if (!/^(E(?!RR_)|SQLITE_)/.test(code)) return error
      return new StorageError("failed", `${what} cannot be used: the system says ${code}. Check the disk and try again.`, { cause: error })
  }
}
