import { compareBytes, equalBytes } from "@tessera/mosaic"
import type { PublicKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { readPlace } from "../notes/notes.ts"
import type { IndexDatabase } from "../ports.ts"
import { firstWritten, microsOf } from "./note-time.ts"
import type { Micros } from "./note-time.ts"

/** One note, whatever versions of it are known. */
export interface NoteRow {
  readonly address: Uint8Array
  readonly author: Uint8Array
  /** By which it is ordered: when it was written, or when it came here when it claims to be from later; among those of one author as they were written. */
  readonly created: Micros
  /** When it was written, as it says itself. */
  readonly first: Micros
  /** Id of its newest version. */
  readonly latest: Uint8Array
  /** When the newest version was written, at the latest when it came. */
  readonly changed: Micros
  /** An address, or an id when the note that it names is not known here. */
  readonly parent: Uint8Array | null
  readonly root: Uint8Array | null
  /** Known direct answers. */
  readonly replies: number
  readonly shown: 0 | 1
}

/** Where a page of the timeline ended. */
export interface PagePlace {
  readonly created: Micros
  readonly address: Uint8Array
}

/** The table of notes behind timeline and threads; can be rebuilt from the records. */
export interface NoteIndex {
  /** Takes in one version of a note; gives the addresses of the notes that look different now. */
  take(record: VerifiedRecord, received: Timestamp): readonly Uint8Array[]
  get(address: Uint8Array): NoteRow | undefined
  /** Notes of the timeline, newest first. Costs the same wherever the page begins. */
  page(before: PagePlace | undefined, limit: number): readonly NoteRow[]
  /** Known answers of a thread, oldest first. */
  thread(root: Uint8Array, limit: number): readonly NoteRow[]
  /** Notes of one author, newest first. */
  byAuthor(author: Uint8Array, limit: number): readonly NoteRow[]
  /** Brings the timeline in line with whom the person follows. */
  setFollowed(author: Uint8Array, followed: boolean): void
  /** Whom the timeline shows at present. */
  followed(): readonly Uint8Array[]
  /** Forgets every note, to be fed again. */
  clear(): void
}

const COLUMNS = "address, author, created, first, latest, changed, parent, root, replies, shown"
type Values = [Uint8Array, Uint8Array, number, number, Uint8Array, number, Uint8Array | null, Uint8Array | null, number, 0 | 1]

export function openNoteIndex(database: IndexDatabase, self: PublicKey): NoteIndex {
  database.exec(`
    CREATE TABLE IF NOT EXISTS notes (
      address BLOB PRIMARY KEY, author BLOB NOT NULL, created INTEGER NOT NULL, first INTEGER NOT NULL, latest BLOB NOT NULL, changed INTEGER NOT NULL,
      parent BLOB, root BLOB, replies INTEGER NOT NULL, shown INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS notes_shown ON notes (created, address) WHERE shown = 1;
    CREATE INDEX IF NOT EXISTS notes_by_author ON notes (author, created);
    CREATE INDEX IF NOT EXISTS notes_as_written ON notes (author, first);
    CREATE INDEX IF NOT EXISTS notes_by_parent ON notes (parent) WHERE parent IS NOT NULL;
    CREATE INDEX IF NOT EXISTS notes_by_root ON notes (root, created, address) WHERE root IS NOT NULL;
    CREATE TABLE IF NOT EXISTS note_versions (id BLOB PRIMARY KEY, address BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS followed (author BLOB PRIMARY KEY) WITHOUT ROWID;
  `)
  const select = database.prepare<[Uint8Array], NoteRow>(`SELECT ${COLUMNS} FROM notes WHERE address = ?`)
  const write = database.prepare<Values>(`INSERT OR REPLACE INTO notes (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const countReplies = database.prepare<[Uint8Array], number>("SELECT count(*) FROM notes WHERE parent = ?").pluck()
  const addReplies = database.prepare<[number, Uint8Array]>("UPDATE notes SET replies = replies + ? WHERE address = ?")
  const addVersion = database.prepare<[Uint8Array, Uint8Array]>("INSERT OR IGNORE INTO note_versions (id, address) VALUES (?, ?)")
  const addressOfVersion = database.prepare<[Uint8Array], Uint8Array>("SELECT address FROM note_versions WHERE id = ?").pluck()
  const resolveParents = database.prepare<[Uint8Array, Uint8Array]>("UPDATE notes SET parent = ? WHERE parent = ?")
  const resolveRoots = database.prepare<[Uint8Array, Uint8Array]>("UPDATE notes SET root = ? WHERE root = ?")
  const firstPage = database.prepare<[number], NoteRow>(
    `SELECT ${COLUMNS} FROM notes WHERE shown = 1 ORDER BY created DESC, address DESC LIMIT ?`,
  )
  const nextPage = database.prepare<[number, Uint8Array, number], NoteRow>(
    `SELECT ${COLUMNS} FROM notes WHERE shown = 1 AND (created, address) < (?, ?) ORDER BY created DESC, address DESC LIMIT ?`,
  )
  const thread = database.prepare<[Uint8Array, number], NoteRow>(
    `SELECT ${COLUMNS} FROM notes WHERE root = ? ORDER BY created, address LIMIT ?`,
  )
  const byAuthor = database.prepare<[Uint8Array, number], NoteRow>(
    `SELECT ${COLUMNS} FROM notes WHERE author = ? ORDER BY created DESC LIMIT ?`,
  )
  const writtenNext = database
    .prepare<[Uint8Array, number, Uint8Array], number>(
      "SELECT created FROM notes WHERE author = ? AND first > ? AND address <> ? ORDER BY first LIMIT 1",
    )
    .pluck()
  const isFollowed = database.prepare<[Uint8Array], 1>("SELECT 1 FROM followed WHERE author = ?").pluck()
  const addFollowed = database.prepare<[Uint8Array]>("INSERT OR IGNORE INTO followed (author) VALUES (?)")
  const dropFollowed = database.prepare<[Uint8Array]>("DELETE FROM followed WHERE author = ?")
  const listFollowed = database.prepare<[], Uint8Array>("SELECT author FROM followed").pluck()
  // The author's key stands in an address at byte 16, so SQL counts it from 17.
  const show = database.prepare<[number, Uint8Array, Uint8Array]>(
    "UPDATE notes SET shown = (? OR substr(parent, 17, 32) IS ?) WHERE author = ?",
  )

  const isShown = (author: Uint8Array, parent: Uint8Array | null): 0 | 1 =>
    equalBytes(author, self) || (parent !== null && equalBytes(parent.subarray(16), self)) || isFollowed.get(author) === 1 ? 1 : 0
  const resolve = (reference: Uint8Array | undefined): Uint8Array | null =>
    reference === undefined ? null : ((reference[0] ?? 0) & 0x80) !== 0 ? reference : (addressOfVersion.get(reference) ?? reference)
  const same = (a: Uint8Array | null, b: Uint8Array | null): boolean => a === b || (a !== null && b !== null && equalBytes(a, b))

  const take = (record: VerifiedRecord, received: Timestamp): readonly Uint8Array[] => {
    const known = select.get(record.address)
    const place = readPlace(record)
    if (known !== undefined && equalBytes(known.latest, record.id)) return []
    const written = firstWritten(record)
    const came = microsOf(received)
    const first = Math.min(written, known?.first ?? written)
    // Notes from ahead are ordered by when they came; but those that were caught up with came newest first. What was written before another one
    // was there before that one came.
    const next = written > came ? writtenNext.get(record.author, first, record.address) : undefined
    const isNewest = known === undefined || compareBytes(record.id, known.latest) > 0
    const parent = isNewest ? resolve(place.parent) : known.parent
    const row: NoteRow = {
      address: record.address,
      author: record.author,
      first,
      created: Math.min(written, came, known?.created ?? came, next === undefined ? came : next - 1),
      latest: isNewest ? record.id : known.latest,
      changed: isNewest ? Math.min(microsOf(record.timestamp), came) : known.changed,
      parent,
      root: isNewest ? resolve(place.root) : known.root,
      replies: known?.replies ?? countReplies.get(record.address) ?? 0,
      shown: isShown(record.author, parent),
    }
    write.run(row.address, row.author, row.created, row.first, row.latest, row.changed, row.parent, row.root, row.replies, row.shown)
    const changed = [row.address]
    if (!same(row.parent, known?.parent ?? null)) {
      if (known !== undefined && known.parent !== null && addReplies.run(-1, known.parent).changes > 0) changed.push(known.parent)
      if (row.parent !== null && addReplies.run(1, row.parent).changes > 0) changed.push(row.parent)
    }
    return [...changed, ...named(record)]
  }

  /** Answers may have named this version by its id before it was known here. */
  const named = (record: VerifiedRecord): readonly Uint8Array[] => {
    addVersion.run(record.id, record.address)
    resolveRoots.run(record.address, record.id)
    const { changes } = resolveParents.run(record.address, record.id)
    if (changes === 0) return []
    addReplies.run(changes, record.address)
    if (equalBytes(record.author, self)) database.prepare("UPDATE notes SET shown = 1 WHERE parent = ?").run(record.address)
    return [record.address]
  }

  return {
    take,
    get: (address) => select.get(address),
    page: (before, limit) => (before === undefined ? firstPage.all(limit) : nextPage.all(before.created, before.address, limit)),
    thread: (root, limit) => thread.all(root, limit),
    byAuthor: (author, limit) => byAuthor.all(author, limit),
    setFollowed(author, followed) {
      const change = followed ? addFollowed : dropFollowed
      change.run(author)
      show.run(followed || equalBytes(author, self) ? 1 : 0, self, author)
    },
    followed: () => listFollowed.all(),
    clear: () => void database.exec("DELETE FROM notes; DELETE FROM note_versions; DELETE FROM followed"),
  }
}
