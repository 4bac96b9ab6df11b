import { formatReference, isAddress, parseReference, recordIdTimestamp, toHex } from "@tessera/mosaic"
import type { PublicKey, RecordId, VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import type { Author, Note, NoteAddress } from "../api/contract.ts"
import type { Authors } from "../follows/follows.ts"
import { readSource, readText, textParts } from "../notes/notes.ts"
import type { NoteRow } from "./note-index.ts"
import { microsOf } from "./note-time.ts"

/** Makes what the interface shows from rows of the index and the records behind them. */
export interface NotePresenter {
  /** In the order of the rows; a row whose record is gone is left out. */
  present(rows: readonly NoteRow[]): Promise<readonly Note[]>
}

export function createNotePresenter({ records, authors }: { readonly records: RecordStore; readonly authors: Authors }): NotePresenter {
  return {
    async present(rows) {
      const ids = rows.map(({ latest }) => parseReference(latest))
      const found = new Map((await records.get(ids)).map(({ record }) => [toHex(record.id), record]))
      const described = new Map<string, Author>()
      const describe = (person: Uint8Array): Author => {
        const key = toHex(person)
        const author = described.get(key) ?? authors.describe(person as PublicKey)
        described.set(key, author)
        return author
      }
      return rows.flatMap((row) => {
        const record = found.get(toHex(row.latest))
        return record === undefined ? [] : [presentOne(row, record, describe)]
      })
    },
  }
}

function presentOne(row: NoteRow, record: VerifiedRecord, describe: (person: Uint8Array) => Author): Note {
  const author = describe(row.author)
  const parent = addressOf(row.parent)
  const root = addressOf(row.root)
  const isEdited = microsOf(recordIdTimestamp(row.latest as RecordId)) > row.first
  return {
    address: formatReference(record.address),
    author,
    parts: textParts(readText(record)),
    ...(author.you ? { source: readSource(record) } : {}),
    createdAt: row.created / 1_000,
    ...(isEdited ? { editedAt: row.changed / 1_000 } : {}),
    ...(parent === undefined ? {} : { replyTo: parent }),
    ...(root === undefined ? {} : { root }),
    // The author's key stands in an address at byte 16; it need not be a valid one, it only leads to nobody then.
    ...(parent === undefined || row.parent === null ? {} : { replyToAuthor: describe(row.parent.subarray(16)) }),
    replyCount: row.replies,
  }
}

function addressOf(reference: Uint8Array | null): NoteAddress | undefined {
  if (reference === null) return undefined
  const parsed = parseReference(reference)
  return isAddress(parsed) ? formatReference(parsed) : undefined
}
