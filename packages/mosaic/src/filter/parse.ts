import { DecodeError } from "../errors.ts"
import { decodeKind } from "../kind.ts"
import type { Tag } from "../tags/tag.ts"
import { decodeTimestamp } from "../timestamp.ts"
import { ELEMENT, HEADER_LENGTH, isElementType } from "./element.ts"
import type { ElementType } from "./element.ts"
import type { Filter } from "./filter.ts"
import { parseTagList } from "./tag-list.ts"

type Writable<T> = { -readonly [K in keyof T]: T[K] }
interface Draft extends Writable<Omit<Filter, "includedTags" | "excludedTags">> {
  includedTags?: Tag[][]
  excludedTags?: Tag[][]
}

/**
 * Reads a filter. Bytes that the specification calls zeroed are not looked at; a repeated element of a unique type is ignored, whatever it holds.
 *
 * Keys, prefixes and tag values are views into `bytes`.
 *
 * @throws {DecodeError} `filter length` not as the header says or not divisible by 8; `filter element length` zero or past the end, `filter element type`
 *   unknown, `filter element size` wrong for its type; what a kind, timestamp or tag in it throws.
 */
export function parseFilter(bytes: Uint8Array): Filter {
  if (bytes.length < HEADER_LENGTH) throw new DecodeError("filter length: shorter than its header", bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint16(0, true) !== bytes.length) throw new DecodeError("filter length: not as its header says", 0)
  if (bytes.length % 8 !== 0) throw new DecodeError("filter length: not divisible by 8", 0)

  const filter: Draft = {}
  const seen = new Set<ElementType>()
  let at = HEADER_LENGTH
  while (at < bytes.length) {
    const type = view.getUint8(at)
    const length = view.getUint8(at + 1) * 8
    if (length === 0) throw new DecodeError("filter element length: zero", at)
    if (at + length > bytes.length) throw new DecodeError("filter element length: past the end", at)
    if (!isElementType(type)) throw new DecodeError(`filter element type: 0x${type.toString(16)}`, at)
    const repeats = type !== ELEMENT.INCLUDED_TAGS && type !== ELEMENT.EXCLUDED_TAGS && seen.has(type)
    if (!repeats) readElement(filter, type, bytes, at, at + length)
    seen.add(type)
    at += length
  }
  return filter
}

function readElement(filter: Draft, type: ElementType, bytes: Uint8Array, at: number, end: number): void {
  const start = at + HEADER_LENGTH
  const readEach = <T>(size: number, read: (offset: number) => T): T[] => {
    if ((end - start) % size !== 0) throw new DecodeError(`filter element size: type 0x${type.toString(16)}`, at)
    return Array.from({ length: (end - start) / size }, (_, index) => read(start + index * size))
  }
  const readKeys = (): Uint8Array[] => readEach(32, (offset) => bytes.subarray(offset, offset + 32))
  const readTime = () => {
    if (end - start !== 8) throw new DecodeError(`filter element size: type 0x${type.toString(16)}`, at)
    return decodeTimestamp(bytes, start)
  }
  switch (type) {
    case ELEMENT.AUTHOR_KEYS:
      filter.authors = readKeys()
      break
    case ELEMENT.SIGNING_KEYS:
      filter.signers = readKeys()
      break
    case ELEMENT.KINDS:
      // Big-endian as everywhere else: the filter page's "little-endian" contradicts the kind page.
      filter.kinds = readEach(8, (offset) => decodeKind(bytes, offset))
      break
    case ELEMENT.TIMESTAMPS:
      filter.timestamps = readEach(8, (offset) => decodeTimestamp(bytes, offset))
      break
    case ELEMENT.INCLUDED_TAGS:
      ;(filter.includedTags ??= []).push(parseTagList(bytes, start, end))
      break
    case ELEMENT.SINCE:
      filter.since = readTime()
      break
    case ELEMENT.UNTIL:
      filter.until = readTime()
      break
    case ELEMENT.RECEIVED_SINCE:
      filter.receivedSince = readTime()
      break
    case ELEMENT.RECEIVED_UNTIL:
      filter.receivedUntil = readTime()
      break
    case ELEMENT.EXCLUDE:
      filter.exclude = readKeys()
      break
    case ELEMENT.EXCLUDED_TAGS:
      ;(filter.excludedTags ??= []).push(parseTagList(bytes, start, end))
      break
  }
}
