import { ByteReader } from "../byte-reader.ts"
import { decodeUtf8 } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { type Kind, decodeKind } from "../kind.ts"
import { type Reference, parseReference } from "../reference.ts"
import type { Tag } from "./tag.ts"
import * as type from "./types.ts"

/**
 * A core tag, read. Keys are 32 bytes as they stand in the tag, not validated: to compare them needs no curve. Offsets count characters.
 * (Specification: core_tags)
 */
export type CoreTag =
  | { readonly name: "notify" | "nostrSister" | "subkey"; readonly key: Uint8Array }
  | { readonly name: "userMention" | "serverMention"; readonly offset: number; readonly key: Uint8Array }
  | { readonly name: "reply" | "root"; readonly kind: Kind; readonly reference: Reference }
  | { readonly name: "quote"; readonly offset: number; readonly kind: Kind; readonly reference: Reference }
  | { readonly name: "url" | "image" | "video"; readonly offset: number; readonly url: string }

/** Reads a core tag. A tag of another type, wrong size or content gives `undefined`: it is carried, and means nothing. */
export function readCoreTag(tag: Tag): CoreTag | undefined {
  try {
    return read(tag.type, new ByteReader(tag.value))
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function read(tagType: number, reader: ByteReader): CoreTag | undefined {
  switch (tagType) {
    case type.TAG_NOTIFY:
      return { name: "notify", key: unplacedKey(reader) }
    case type.TAG_NOSTR_SISTER:
      return { name: "nostrSister", key: unplacedKey(reader) }
    case type.TAG_SUBKEY:
      return { name: "subkey", key: unplacedKey(reader) }
    case type.TAG_USER_MENTION:
      return { name: "userMention", offset: reader.u32LE(), key: key(reader) }
    case type.TAG_SERVER_MENTION:
      return { name: "serverMention", offset: reader.u32LE(), key: key(reader) }
    case type.TAG_REPLY:
      return { name: "reply", ...unplacedReference(reader) }
    case type.TAG_ROOT:
      return { name: "root", ...unplacedReference(reader) }
    case type.TAG_QUOTE:
      return { name: "quote", offset: reader.u32LE(), ...reference(reader) }
    case type.TAG_URL:
      return { name: "url", offset: reader.u32LE(), url: url(reader) }
    case type.TAG_IMAGE:
      return { name: "image", offset: reader.u32LE(), url: url(reader) }
    case type.TAG_VIDEO:
      return { name: "video", offset: reader.u32LE(), url: url(reader) }
    default:
      return undefined
  }
}

function unplacedKey(reader: ByteReader): Uint8Array {
  reader.zeros(4)
  return key(reader)
}

function key(reader: ByteReader): Uint8Array {
  const bytes = reader.take(32)
  reader.end()
  return bytes
}

function unplacedReference(reader: ByteReader): { kind: Kind; reference: Reference } {
  reader.zeros(4)
  return reference(reader)
}

function reference(reader: ByteReader): { kind: Kind; reference: Reference } {
  const kind = decodeKind(reader.take(8))
  const bytes = reader.take(48)
  reader.end()
  return { kind, reference: parseReference(bytes) }
}

function url(reader: ByteReader): string {
  const bytes = reader.take(reader.remaining)
  if (bytes.length === 0) throw new DecodeError("url")
  return decodeUtf8(bytes)
}
