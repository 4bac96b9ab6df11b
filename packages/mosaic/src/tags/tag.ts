import { plainBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"

/** Searchable data on a record: a type of 16 bits and a value of at most 65,531 bytes. (Specification: tags) */
export interface Tag {
  readonly type: number
  readonly value: Uint8Array
}

/** The longest tags section that a record can have, in bytes: its length has 16 bits. */
export const MAX_TAGS_LENGTH = 65_535

const HEADER = 4

/** The length in bytes of one encoded tag. */
export function tagLength(tag: Tag): number {
  return HEADER + tag.value.length
}

/**
 * Encodes tags in their order: for each its length (16 bits, little-endian, of all of it), type (16 bits, little-endian), value.
 *
 * @throws {RangeError} for a type that is no tag (0 marks padding), or when all together exceed 65,535 bytes.
 */
export function encodeTags(tags: readonly Tag[]): Uint8Array {
  const length = tags.reduce((sum, tag) => sum + tagLength(tag), 0)
  if (length > MAX_TAGS_LENGTH) throw new RangeError(`tags: ${length} bytes, at most ${MAX_TAGS_LENGTH}`)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  let offset = 0
  for (const tag of tags) {
    if (!Number.isInteger(tag.type) || tag.type < 1 || tag.type > 0xffff) throw new RangeError(`tag type: ${tag.type}`)
    view.setUint16(offset, tagLength(tag), true)
    view.setUint16(offset + 2, tag.type, true)
    bytes.set(tag.value, offset + HEADER)
    offset += tagLength(tag)
  }
  return bytes
}

/**
 * Reads a tags section; values are views into it. Types that nobody knows are kept.
 *
 * @throws {DecodeError} `tag length` below 4 or past the end.
 */
export function parseTags(bytes: Uint8Array): Tag[] {
  return Array.from(tagsOf(bytes))
}

/** Checks a tags section as {@link parseTags} does, without keeping anything. */
export function checkTags(bytes: Uint8Array): void {
  for (const tag of tagsOf(bytes)) void tag
}

function* tagsOf(section: Uint8Array): Generator<Tag> {
  const bytes = plainBytes(section)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  while (offset < bytes.length) {
    const length = bytes.length - offset < HEADER ? 0 : view.getUint16(offset, true)
    if (length < HEADER || length > bytes.length - offset) throw new DecodeError("tag length", offset)
    yield { type: view.getUint16(offset + 2, true), value: bytes.subarray(offset + HEADER, offset + length) }
    offset += length
  }
}
