import {
  type Address,
  type Kind,
  type PublicKey,
  type RecordId,
  type Timestamp,
  type VerifiedRecord,
  equalBytes,
  expiryOf,
  kindHandling,
  kindReaders,
  readCoreTag,
} from "@tessera/mosaic"

/** Servers' clocks differ: what is over so soon, in nanoseconds, nobody must show any more. */
const CLOCKS_DIFFER = 600_000_000_000n

/** What is remembered of a record that some server has shown: enough to judge whether others should show it too. */
export interface Sighting {
  readonly id: RecordId
  readonly address: Address
  readonly kind: Kind
  readonly author: PublicKey
  readonly signer: PublicKey
  readonly timestamp: Timestamp
  readonly expires: Timestamp | undefined
  /** Whether the reader may see it by the reading rights of its kind. */
  readonly isReadable: boolean
  /** When we saw it first, by our clock. */
  readonly firstSeen: Timestamp
}

/** Remembers a record. @param reader who is reading, as servers know it; undefined for somebody anonymous. */
export function sight(record: VerifiedRecord, reader: PublicKey | undefined, firstSeen: Timestamp): Sighting {
  // Copies: a view would hold the whole record.
  const { kind, timestamp, tags } = record
  const id = record.id.slice() as RecordId
  const address = record.address.slice() as Address
  const author = record.author.slice() as PublicKey
  const signer = record.signer.slice() as PublicKey
  return { id, address, kind, author, signer, timestamp, expires: expiryOf(tags), isReadable: isReadable(record, reader), firstSeen }
}

/**
 * Whether a server that has a record would have to show it at a time: it is stored, not for the future, not over, and the reader may see it.
 * What only its author may see, and the author is not the reader, or what is for those tagged and the reader is not, nobody must show.
 */
export function mustBeShown({ kind, timestamp, expires, isReadable: readable }: Sighting, now: Timestamp): boolean {
  return readable && kindHandling(kind) !== "ephemeral" && timestamp <= now && (expires === undefined || expires > now + CLOCKS_DIFFER)
}

function isReadable(record: VerifiedRecord, reader: PublicKey | undefined): boolean {
  const readers = kindReaders(record.kind)
  if (readers === "everybody") return true
  if (reader === undefined) return false
  if (readers === "author") return equalBytes(record.author, reader)
  // An encryption server shows them to those tagged alone, not to their author.
  return record.tags.some((tag) => {
    const core = readCoreTag(tag)
    return core?.name === "notify" && equalBytes(core.key, reader)
  })
}
