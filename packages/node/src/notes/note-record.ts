import {
  addressAuthor,
  addressKind,
  buildRecord,
  DecodeError,
  encodeUtf8,
  equalBytes,
  isAddress,
  MICROBLOG_ROOT,
  nonceFromTimestamp,
  notifyTag,
  readCoreTag,
  REPLY_COMMENT,
  replyTag,
  rootTag,
} from "@tessera/mosaic"
import type { Address, Kind, PublicKey, Reference, SecretKey, Tag, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { NOTE_LIMIT } from "../api/contract.ts"
import { displayText } from "../profile/display-text.ts"

/** Who writes: the person, by the key of this device. */
export interface Writer {
  readonly person: PublicKey
  readonly device: SecretKey
}

/** Where an answer belongs. `root` is the parent itself when that starts the thread. */
export interface ThreadPlace {
  readonly parent: Address
  readonly root: Reference
}

/** Builds a note that starts a thread, or answers. Its address is made from its time. */
export function buildNote(
  writer: Writer,
  note: { readonly text: string; readonly timestamp: Timestamp; readonly place?: ThreadPlace },
): VerifiedRecord {
  const { text, timestamp, place } = note
  return buildRecord({
    author: writer.person,
    signer: writer.device,
    kind: place === undefined ? MICROBLOG_ROOT : REPLY_COMMENT,
    nonce: nonceFromTimestamp(timestamp),
    timestamp,
    tags: place === undefined ? [] : placeTags(place, writer.person),
    payload: encodeUtf8(text),
  })
}

/** Builds a newer version of a note: the same address and tags. */
export function buildEdit(
  writer: Writer,
  last: VerifiedRecord,
  { text, timestamp }: { readonly text: string; readonly timestamp: Timestamp },
): VerifiedRecord {
  const { kind, nonce, tags } = last
  return buildRecord({ author: writer.person, signer: writer.device, kind, nonce, timestamp, tags, payload: encodeUtf8(text) })
}

function placeTags({ parent, root }: ThreadPlace, self: PublicKey): readonly Tag[] {
  const people = [parent, root].filter(isAddress).map((address) => addressAuthor(address))
  const notified = people.filter((key, i) => !equalBytes(key, self) && people.findIndex((other) => equalBytes(other, key)) === i)
  return [replyTag(addressKind(parent), parent), rootTag(kindOf(root), root), ...notified.map(notifyTag)]
}

const kindOf = (reference: Reference): Kind => (isAddress(reference) ? addressKind(reference) : MICROBLOG_ROOT)

/** Whether a record is of a kind that is shown as a note. */
export function isNote({ kind }: VerifiedRecord): boolean {
  return kind === MICROBLOG_ROOT || kind === REPLY_COMMENT
}

/** What a note answers, and what the thread starts with. */
export function readPlace(record: VerifiedRecord): { readonly parent?: Reference; readonly root?: Reference } {
  let parent: Reference | undefined
  let root: Reference | undefined
  if (record.kind !== REPLY_COMMENT) return {}
  for (const tag of record.tags) {
    const core = readCoreTag(tag)
    if (core?.name === "reply") parent ??= core.reference
    else if (core?.name === "root") root ??= core.reference
  }
  const start = root ?? parent
  if (start === undefined) return {}
  return { parent: parent ?? start, root: start }
}

/** The people whom a note wants to reach: 32 bytes each, as they stand in its tags. */
export function readNotified(record: VerifiedRecord): readonly Uint8Array[] {
  return record.tags.flatMap((tag) => {
    const core = readCoreTag(tag)
    return core?.name === "notify" ? [core.key] : []
  })
}

/** Bytes of a note that are looked at; what is longer is not shown. */
const READ_LIMIT = 262_144

/** The text of anybody's note, fit to be shown: at most 5,000 characters, the rest is cut; what is no text is said to be none. */
export function readText(record: VerifiedRecord): string {
  try {
    return displayText(new TextDecoder().decode(record.readPayload({ limit: READ_LIMIT })), NOTE_LIMIT)
  } catch (error) {
    if (error instanceof DecodeError) return "(This note cannot be shown.)"
    throw error
  }
}

/** The text of one's own note, exactly as it was written. */
export function readSource(record: VerifiedRecord): string {
  return new TextDecoder().decode(record.readPayload({ limit: READ_LIMIT }))
}
