import type { ResumePoint } from "@tessera/mosaic-client"
import type { IndexDatabase } from "../ports.ts"

/** What is asked of a door: what its owner writes, and what others answer to them. */
export type Stream = "own" | "answers"

/** Up to where a door has been read. */
export interface Visit {
  readonly resume?: ResumePoint
  /** Answers of people who are not followed, taken from this door so far. */
  readonly taken: number
  /** When something was last heard there; Unix time in milliseconds. */
  readonly heard?: number
}

/** Remembers visits, so that a restart need not read everything again. Losing them costs time, no notes. */
export interface VisitTable {
  get(person: Uint8Array, stream: Stream): Visit
  set(person: Uint8Array, stream: Stream, visit: Visit): void
  forget(person: Uint8Array): void
  clear(): void
}

interface Row {
  readonly resume: string | null
  readonly taken: number
  readonly heard: number | null
}

export function openVisitTable(database: IndexDatabase): VisitTable {
  database.exec(`
    CREATE TABLE IF NOT EXISTS visits (
      person BLOB NOT NULL, stream TEXT NOT NULL, resume TEXT, taken INTEGER NOT NULL, heard INTEGER, PRIMARY KEY (person, stream)
    ) WITHOUT ROWID
  `)
  const select = database.prepare<[Uint8Array, string], Row>("SELECT resume, taken, heard FROM visits WHERE person = ? AND stream = ?")
  const replace = database.prepare<[Uint8Array, string, string | null, number, number | null]>(
    "INSERT OR REPLACE INTO visits (person, stream, resume, taken, heard) VALUES (?, ?, ?, ?, ?)",
  )
  const drop = database.prepare<[Uint8Array]>("DELETE FROM visits WHERE person = ?")
  return {
    get(person, stream) {
      const row = select.get(person, stream)
      if (row === undefined) return { taken: 0 }
      // Only this file writes the table, and the file is sealed.
      const resume = row.resume === null ? undefined : (JSON.parse(row.resume) as ResumePoint)
      return { taken: row.taken, ...(resume === undefined ? {} : { resume }), ...(row.heard === null ? {} : { heard: row.heard }) }
    },
    set(person, stream, { resume, taken, heard }) {
      replace.run(person, stream, resume === undefined ? null : JSON.stringify(resume), taken, heard ?? null)
    },
    forget: (person) => void drop.run(person),
    clear: () => void database.exec("DELETE FROM visits"),
  }
}
