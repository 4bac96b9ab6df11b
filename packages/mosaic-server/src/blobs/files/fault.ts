import { StorageError } from "../../store/port.ts"

const REASONS: Readonly<Record<string, StorageError["reason"]>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EACCES: "readOnly",
  EPERM: "readOnly",
  EROFS: "readOnly",
}

const SENTENCES = {
  full: "The disk is full. Nothing of the blob was saved; make room and try again.",
  readOnly: "The folder of blobs cannot be written to. Check its permissions.",
  corrupt: "A blob's file is damaged.",
  failed: "The folder of blobs cannot be used.",
} as const

export const damaged = (detail: string): StorageError => new StorageError("corrupt", `${SENTENCES.corrupt} (${detail})`)

/** Runs `act`; what the operating system refuses becomes a {@link StorageError}. Other errors are our own bugs and stay as they are. */
export async function diskFaultsClassed<Value>(act: () => Promise<Value>): Promise<Value> {
  try {
    return await act()
  } catch (error) {
    const code = codeOf(error)
    if (error instanceof StorageError || code === undefined) throw error
    const reason = REASONS[code] ?? "failed"
    throw new StorageError(reason, `${SENTENCES[reason === "full" || reason === "readOnly" ? reason : "failed"]} (${code})`, {
      cause: error,
    })
  }
}

export const isMissing = (error: unknown): boolean => codeOf(error) === "ENOENT"

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && "syscall" in error && typeof error.code === "string" ? error.code : undefined
