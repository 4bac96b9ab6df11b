import { DecodeError } from "../errors.ts"
import type { Tag } from "../tags/tag.ts"

const TAG_HEADER = 4

/**
 * Writes tags one after the other, zero-padded to a multiple of 8 bytes, as a filter's tag elements hold them.
 *
 * @throws {RangeError} when a type does not fit 16 bits, or a tag 65,535 bytes.
 */
export function encodeTagList(tags: readonly Tag[]): Uint8Array {
  const length = tags.reduce((sum, tag) => sum + TAG_HEADER + tag.value.length, 0)
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { type, value } of tags) {
    if (!Number.isInteger(type) || type < 0 || type > 0xffff) throw new RangeError(`tag type ${type} does not fit 16 bits`)
    if (TAG_HEADER + value.length > 0xffff) throw new RangeError(`a tag of ${value.length} bytes is too long`)
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
 * @throws {DecodeError} when a tag is shorter than 4 bytes or runs past the end, or the padding is not zero.
 */
export function parseTagList(bytes: Uint8Array, start: number, end: number): Tag[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tags: Tag[] = []
  let at = start
  while (at + 2 <= end) {
    const length = view.getUint16(at, true)
    if (length === 0) break
    if (length < TAG_HEADER) throw new DecodeError("tag shorter than 4 bytes", at)
    if (at + length > end) throw new DecodeError("tag runs past its element", at)
    tags.push({ type: view.getUint16(at + 2, true), value: bytes.subarray(at + TAG_HEADER, at + length) })
    at += length
  }
  for (; at < end; at += 1) {
    if (bytes[at] !== 0) throw new DecodeError("padding of tags is not zero", at)
  }
  return tags
}
