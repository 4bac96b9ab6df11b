import { compareBytes, DecodeError, readProfile, toHex, VerifyError } from "@tessera/mosaic"
import type { Profile, PublicKey, VerifiedRecord } from "@tessera/mosaic"
import { ABOUT_LIMIT, NAME_LIMIT } from "../api/contract.ts"
import type { IndexDatabase } from "../ports.ts"
import { displayLine, displayText } from "./display-text.ts"
import { lookOf } from "./look.ts"

/** What somebody says of themself, fit to be shown: bounded, nothing unseen. */
export interface KnownPerson {
  readonly person: PublicKey
  /** The typeable name. */
  readonly name: string
  /** What they want to be shown as; the typeable name when they say nothing else. */
  readonly displayName: string
  readonly about: string
  /** Changes when the picture does. */
  readonly picture?: string
  /** The profile's record. */
  readonly id: Uint8Array
}

/** Who is known here, from their profiles; can be rebuilt from the records. */
export interface PeopleIndex {
  /** Takes in a Profile record; gives the person when it told something new. */
  take(record: VerifiedRecord): KnownPerson | undefined
  get(person: Uint8Array): KnownPerson | undefined
  /** Up to `limit` people who call themselves something of this look. */
  bearers(look: string, limit: number): readonly Uint8Array[]
  /** Forgets everybody, to be fed again. */
  clear(): void
}

interface Row {
  readonly person: Uint8Array
  readonly name: string
  readonly display_name: string
  readonly about: string
  readonly picture: string | null
  readonly id: Uint8Array
}

export function openPeopleIndex(database: IndexDatabase): PeopleIndex {
  database.exec(`
    CREATE TABLE IF NOT EXISTS people (
      person BLOB PRIMARY KEY, name TEXT NOT NULL, display_name TEXT NOT NULL, about TEXT NOT NULL, picture TEXT, look TEXT NOT NULL, id BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS people_by_look ON people (look);
  `)
  const select = database.prepare<[Uint8Array], Row>("SELECT person, name, display_name, about, picture, id FROM people WHERE person = ?")
  const bearers = database.prepare<[string, number], { person: Uint8Array }>("SELECT person FROM people WHERE look = ? LIMIT ?")
  const replace = database.prepare<[Uint8Array, string, string, string, string | null, string, Uint8Array]>(
    "INSERT OR REPLACE INTO people (person, name, display_name, about, picture, look, id) VALUES (?, ?, ?, ?, ?, ?, ?)",
  )
  const get = (person: Uint8Array): KnownPerson | undefined => {
    const row = select.get(person)
    return row === undefined ? undefined : readRow(row)
  }
  return {
    get,
    take(record) {
      const profile = readable(record)
      if (profile === undefined) return undefined
      const known = select.get(record.author)
      if (known !== undefined && compareBytes(record.id, known.id) <= 0) return undefined
      const name = displayLine(profile.name, NAME_LIMIT)
      const displayName = displayLine(profile.display_name ?? "", NAME_LIMIT) || name
      const picture = profile.avatar === undefined ? null : toHex(record.id.subarray(8, 16))
      replace.run(record.author, name, displayName, displayText(profile.about ?? "", ABOUT_LIMIT), picture, lookOf(displayName), record.id)
      return get(record.author)
    },
    bearers: (look, limit) => bearers.all(look, limit).map(({ person }) => person),
    clear: () => void database.exec("DELETE FROM people"),
  }
}

/** The profile in a record; nothing when it does not hold one: then what was known before stays. */
function readable(record: VerifiedRecord): Profile | undefined {
  try {
    return readProfile(record)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}

function readRow(row: Row): KnownPerson {
  return {
    // It was an author of a verified record when it was written here.
    person: row.person as PublicKey,
    name: row.name,
    displayName: row.display_name,
    about: row.about,
    ...(row.picture === null ? {} : { picture: row.picture }),
    id: row.id,
  }
}
