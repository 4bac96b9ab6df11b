import { addressAuthor, equalBytes, isAddress, parseReference, parseTimestamp } from "@tessera/mosaic"
import type { Address, Reference, VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore, Sequence } from "@tessera/mosaic-server"
import { Refusal } from "../refusal.ts"
import type { TimestampSource } from "../timestamp-source.ts"
import { buildEdit, buildNote } from "./note-record.ts"
import type { ThreadPlace, Writer } from "./note-record.ts"
import { noteText, noteTrouble } from "./rules.ts"

export { textParts } from "./links.ts"
export { isNote, readNotified, readPlace, readSource, readText } from "./note-record.ts"
export type { Writer } from "./note-record.ts"

/** A note that is durable. */
export interface WrittenNote {
  readonly record: VerifiedRecord
  readonly sequence: Sequence
}

/** The person's own notes: written, answered, edited. Whatever resolves is durable. */
export interface Notes {
  /** @throws {Refusal} when the text is no note. @throws {StorageError} when the disk refuses; then nothing was written. */
  post(typed: string, answering?: ThreadPlace): Promise<WrittenNote>
  /** @throws {Refusal} also when the note is not known, or somebody else's. */
  edit(address: Address, typed: string): Promise<WrittenNote>
  /** Every version that is known here, newest first. Empty when the note is not known. */
  versions(address: Address): Promise<readonly VerifiedRecord[]>
}

export interface NotesOptions {
  readonly records: RecordStore
  readonly writer: Writer
  readonly now: TimestampSource
  /** Called with a new version before it is written: what it queues for delivery must not be lost. */
  readonly beforeWrite: (record: VerifiedRecord) => Promise<void>
}

export function createNotes({ records, writer, now, beforeWrite }: NotesOptions): Notes {
  const write = async (record: VerifiedRecord): Promise<WrittenNote> => {
    await beforeWrite(record)
    const [outcome] = await records.put([record])
    return { record, sequence: outcome?.outcome === "stored" ? outcome.sequence : await records.lastSequence() }
  }
  const versions = async (address: Address): Promise<readonly VerifiedRecord[]> =>
    (await records.get([address])).map(({ record }) => record)
  return {
    versions,
    async post(typed, answering) {
      const text = checked(typed)
      return write(buildNote(writer, { text, timestamp: now(), ...(answering === undefined ? {} : { place: answering }) }))
    },
    async edit(address, typed) {
      const text = checked(typed)
      if (!equalBytes(addressAuthor(address), writer.person)) throw new Refusal("notYours", "Only who wrote a note can change it.")
      const last = (await versions(address))[0]
      if (last === undefined) throw new Refusal("notFound", "This note is not here any more.")
      const present = now()
      // A version must be newer than the last one, also when that came from a device whose clock is ahead.
      return write(buildEdit(writer, last, { text, timestamp: present > last.timestamp ? present : parseTimestamp(last.timestamp + 1n) }))
    },
  }
}

/** Where an answer to a known note belongs. `parent` and `root` as an index of notes holds them. */
export function placeOf(parent: Uint8Array, root: Uint8Array | null): ThreadPlace {
  const address: Reference = parseReference(parent)
  if (!isAddress(address)) throw new TypeError("parent must be an address")
  return { parent: address, root: root === null ? address : parseReference(root) }
}

function checked(typed: string): string {
  const text = noteText(typed)
  const trouble = noteTrouble(text)
  if (trouble !== undefined) throw new Refusal("badRequest", trouble)
  return text
}
