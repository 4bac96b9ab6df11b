import { BLOG_POST, equalBytes, HOME, KEY_SCHEDULE, kindReaders, MICROBLOG_ROOT, notifyTag, PROFILE, REPLY_COMMENT } from "@tessera/mosaic"
import type { Kind, PublicKey, Tag, VerifiedRecord } from "@tessera/mosaic"

/** What the owner publishes: the kinds that a visitor who names none is answered with. */
export const PUBLIC_KINDS: readonly Kind[] = [KEY_SCHEDULE, PROFILE, HOME, MICROBLOG_ROOT, REPLY_COMMENT, BLOG_POST]
/** What says who somebody is. */
export const IDENTITY_KINDS: readonly Kind[] = [KEY_SCHEDULE, PROFILE]

/**
 * What of a record the door has to do with.
 * - `own`: a public record of the owner.
 * - `answer`: somebody else's public answer that notifies the owner.
 * - `identity`: somebody else's key schedule or profile; shown only of those who answered.
 * - `hidden`: anything else, as if it were not there.
 */
export type DoorConcern = "own" | "answer" | "identity" | "hidden"

export function doorConcern(record: VerifiedRecord, owner: PublicKey): DoorConcern {
  if (equalBytes(record.author, owner)) return kindReaders(record.kind) === "everybody" ? "own" : "hidden"
  if (record.kind === REPLY_COMMENT) return notifies(record, notifyTag(owner)) ? "answer" : "hidden"
  return IDENTITY_KINDS.includes(record.kind) ? "identity" : "hidden"
}

function notifies(record: VerifiedRecord, tag: Tag): boolean {
  return record.tags.some(({ type, value }) => type === tag.type && equalBytes(value, tag.value))
}
