import { DecodeError } from "../errors.ts"
import type { Tag } from "../tags/tag.ts"

const TAG_HEADER = 4

/**
 * Writes tags one after the other, zero-padded to a multiple of 8 bytes, as a filter's tag elements hold them.
 *
 * @throws {RangeError} for a type that is no tag (0 marks padding), or a value too long for any tag.
 */
export function encodeTagList(tags: readonly Tag[]): Uint8Array {
  const length = tags.reduce((sum, tag) => sum + TAG_HEADER + tag.value.length, 0)
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { type, value } of tags) {
    if (!Number.isInteger(type) || type < 1 || type > 0xffff) throw new RangeError(`tag type: ${type}`)
    if (TAG_HEADER + value.length > 0xffff) throw new RangeError(`tag value: ${value.length} bytes`)
    view.setUint16(at, TAG_HEADER + value.length, true)
    view.setUint16(at + 2, type, true)
    bytes.set(value, at + TAG_HEADER)
    at += TAG_HEADER + value.length
  }
  return bytes
}

/**
 * Reads the tags of a filter's tag element: a length of zero starts the padding, which must be zeros to the end.
 *
 * @param end the element's end; `bytes` may go on behind it.
 * @throws {DecodeError} `tag length` below 4 or past the end, `tag padding` that is not zero.
 */
export function parseTagList(bytes: Uint8Array, start: number, end: number): Tag[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tags: Tag[] = []
  let at = start
  while (at + 2 <= end) {
    const length = view.getUint16(at, true)
    if (length === 0) break
    if (length < TAG_HEADER) throw new DecodeError("tag length: below 4", at)
    if (at + length > end) throw new DecodeError("tag length: past the end of its element", at)
    tags.push({ type: view.getUint16(at + 2, true), value: bytes.subarray(at + TAG_HEADER, at + length) })
    at += length
  }
  for (; at < end; at += 1) {
    if (bytes[at] !== 0) throw new DecodeError("tag padding: not zero", at)
  }
  return tags
}
