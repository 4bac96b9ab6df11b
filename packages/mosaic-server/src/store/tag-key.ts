import { hash } from "node:crypto"
import type { Tag } from "@tessera/mosaic"

/** The length in bytes of a tag's key. */
export const TAG_KEY_LENGTH = 16

/**
 * What an index knows of a tag: 16 bytes of SHA-256 over type and whole value. The specification suggests a prefix of the value; but a reference
 * starts with bytes that thousands of tags share, and a stranger could make more, so that a look-up by prefix would wade through them all.
 */
export function tagKey({ type, value }: Tag): Uint8Array {
  const bytes = new Uint8Array(2 + value.length)
  bytes[0] = type >>> 8
  bytes[1] = type & 0xff
  bytes.set(value, 2)
  return new Uint8Array(hash("sha256", bytes, "buffer").subarray(0, TAG_KEY_LENGTH))
}

/** The keys of all tags, one after another, a repeated one once. */
export function tagKeys(tags: readonly Tag[]): Uint8Array {
  const keys = new Map(tags.map((tag) => [`${tag.type}:${Buffer.from(tag.value).toString("latin1")}`, tag]))
  const bytes = new Uint8Array(keys.size * TAG_KEY_LENGTH)
  let offset = 0
  for (const tag of keys.values()) {
    bytes.set(tagKey(tag), offset)
    offset += TAG_KEY_LENGTH
  }
  return bytes
}
