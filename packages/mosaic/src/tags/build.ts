import { ByteWriter } from "../byte-writer.ts"
import { encodeUtf8 } from "../bytes.ts"
import type { PublicKey } from "../keys/public-key.ts"
import type { Kind } from "../kind.ts"
import type { Reference } from "../reference.ts"
import type { Tag } from "./tag.ts"
import * as type from "./types.ts"

const MAX_VALUE_LENGTH = 65_531
/** What the specification allows for pictures and videos; web pages may have longer addresses. */
const MAX_MEDIA_URL_LENGTH = 248

/** The record concerns a person and should reach their inbox; they may read it when its kind says so. */
export function notifyTag(key: PublicKey): Tag {
  return keyTag(type.TAG_NOTIFY, 0, key)
}

/** What the record replies to; a {@link rootTag} must stand beside it. */
export function replyTag(kind: Kind, reference: Reference): Tag {
  return referenceTag(type.TAG_REPLY, 0, kind, reference)
}

/** What started the thread; a {@link replyTag} must stand beside it. */
export function rootTag(kind: Kind, reference: Reference): Tag {
  return referenceTag(type.TAG_ROOT, 0, kind, reference)
}

/** What an answer carries: what it replies to, and what started the thread, which stand together or not at all. */
export function threadTags({
  parent,
  root = parent,
}: {
  readonly parent: ThreadLink
  readonly root?: ThreadLink
}): [reply: Tag, root: Tag] {
  return [replyTag(parent.kind, parent.reference), rootTag(root.kind, root.reference)]
}

/** A record of a thread: its kind, its id or address. */
export interface ThreadLink {
  readonly kind: Kind
  readonly reference: Reference
}

/** A Nostr event that says the same. @throws {RangeError} unless the id has 32 bytes. */
export function nostrSisterTag(id: Uint8Array): Tag {
  return keyTag(type.TAG_NOSTR_SISTER, 0, id)
}

/** A subkey in a key schedule, of any algorithm. @throws {RangeError} unless it has 32 bytes. */
export function subkeyTag(key: Uint8Array): Tag {
  return keyTag(type.TAG_SUBKEY, 0, key)
}

/** A person to be shown by name at a place in the text. `offset` counts characters, 32 bits. */
export function userMentionTag(offset: number, key: PublicKey): Tag {
  return keyTag(type.TAG_USER_MENTION, offset, key)
}

/** A server to be shown at a place in the text. */
export function serverMentionTag(offset: number, key: PublicKey): Tag {
  return keyTag(type.TAG_SERVER_MENTION, offset, key)
}

/** A record to be shown at a place in the text. */
export function quoteTag(offset: number, kind: Kind, reference: Reference): Tag {
  return referenceTag(type.TAG_QUOTE, offset, kind, reference)
}

/** The address of a web page at a place in the text. @throws {RangeError} above 65,527 bytes. */
export function urlTag(offset: number, url: string): Tag {
  return textTag(type.TAG_URL, offset, url, MAX_VALUE_LENGTH - 4)
}

/** The address of a picture at a place in the text. @throws {RangeError} above 248 bytes. */
export function imageTag(offset: number, url: string): Tag {
  return textTag(type.TAG_IMAGE, offset, url, MAX_MEDIA_URL_LENGTH)
}

/** The address of a video at a place in the text. @throws {RangeError} above 248 bytes. */
export function videoTag(offset: number, url: string): Tag {
  return textTag(type.TAG_VIDEO, offset, url, MAX_MEDIA_URL_LENGTH)
}

function keyTag(tagType: number, offset: number, key: Uint8Array): Tag {
  if (key.length !== 32) throw new RangeError(`key: 32 bytes expected, not ${key.length}`)
  return { type: tagType, value: new ByteWriter(36).u32LE(offset).raw(key).finish() }
}

function referenceTag(tagType: number, offset: number, kind: Kind, reference: Reference): Tag {
  return { type: tagType, value: new ByteWriter(60).u32LE(offset).u64BE(kind).raw(reference).finish() }
}

function textTag(tagType: number, offset: number, url: string, limit: number): Tag {
  const bytes = encodeUtf8(url)
  if (bytes.length === 0 || bytes.length > limit) throw new RangeError(`url: ${bytes.length} bytes, 1 to ${limit} expected`)
  return { type: tagType, value: new ByteWriter(4 + limit).u32LE(offset).raw(bytes).finish() }
}
