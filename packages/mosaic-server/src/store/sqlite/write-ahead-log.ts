import Database from "better-sqlite3-multiple-ciphers"

/** What was superseded stays in the log for so long. A person who edits a note each second costs one checkpoint each second. */
const SOON_MILLISECONDS = 1_000

/**
 * Empties the log (`-wal`), in which pages stand as they were before something was deleted: secure_delete clears the pages of the file, and knows
 * nothing of older copies.
 */
export class WriteAheadLog {
  readonly #database: Pick<Database.Database, "open" | "pragma">
  #timer: NodeJS.Timeout | undefined

  constructor(database: Pick<Database.Database, "open" | "pragma">) {
    this.#database = database
  }

  /** Takes everything into the file and cuts the log to nothing; when that cannot be now, it is tried again soon. */
  empty(): void {
    if (!this.#database.open) return
    try {
      const [state] = this.#database.pragma("wal_checkpoint(TRUNCATE)") as readonly { readonly busy: number }[]
      if (state?.busy !== 0) this.emptySoon()
    } catch (error) {
      // A full disk, say. What was committed is committed; the log is read until this succeeds.
      if (!(error instanceof Database.SqliteError)) throw error
      this.emptySoon()
    }
  }

  emptySoon(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.empty()
    }, SOON_MILLISECONDS).unref()
  }
}
