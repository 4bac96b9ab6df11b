import { concatBytes } from "../bytes.ts"
import { encodeKind } from "../kind.ts"
import { encodeTimestamp } from "../timestamp.ts"
import type { Timestamp } from "../timestamp.ts"
import { ELEMENT, HEADER_LENGTH, MAX_ELEMENT_LENGTH, MAX_FILTER_LENGTH } from "./element.ts"
import type { ElementType } from "./element.ts"
import type { Filter } from "./filter.ts"
import { encodeTagList } from "./tag-list.ts"

/**
 * Writes a filter, elements in the order of their types.
 *
 * @returns at most 65,528 bytes, a multiple of 8.
 * @throws {RangeError} when a list is longer than its element can be, a key or prefix is not 32 bytes, or the whole is too long. A longer list cannot be
 *   split over two elements, since a reader ignores the second: ask several queries.
 */
export function encodeFilter(filter: Filter): Uint8Array {
  const elements: Uint8Array[] = []
  const add = (type: ElementType, body: Uint8Array): void => void elements.push(encodeElement(type, body))
  const addTime = (type: ElementType, time: Timestamp | undefined): void => {
    if (time !== undefined) add(type, encodeTimestamp(time))
  }
  if (filter.authors !== undefined) add(ELEMENT.AUTHOR_KEYS, joinKeys("authors", filter.authors))
  if (filter.signers !== undefined) add(ELEMENT.SIGNING_KEYS, joinKeys("signers", filter.signers))
  if (filter.kinds !== undefined) add(ELEMENT.KINDS, concatBytes(...filter.kinds.map(encodeKind)))
  if (filter.timestamps !== undefined) add(ELEMENT.TIMESTAMPS, concatBytes(...filter.timestamps.map(encodeTimestamp)))
  for (const anyOf of filter.includedTags ?? []) add(ELEMENT.INCLUDED_TAGS, encodeTagList(anyOf))
  addTime(ELEMENT.SINCE, filter.since)
  addTime(ELEMENT.UNTIL, filter.until)
  addTime(ELEMENT.RECEIVED_SINCE, filter.receivedSince)
  addTime(ELEMENT.RECEIVED_UNTIL, filter.receivedUntil)
  if (filter.exclude !== undefined) add(ELEMENT.EXCLUDE, joinKeys("exclude", filter.exclude))
  for (const noneOf of filter.excludedTags ?? []) add(ELEMENT.EXCLUDED_TAGS, encodeTagList(noneOf))

  const header = new Uint8Array(HEADER_LENGTH)
  const bytes = concatBytes(header, ...elements)
  if (bytes.length > MAX_FILTER_LENGTH) throw new RangeError(`a filter of ${bytes.length} bytes is too long`)
  new DataView(bytes.buffer).setUint16(0, bytes.length, true)
  return bytes
}

function encodeElement(type: ElementType, body: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + body.length
  if (length > MAX_ELEMENT_LENGTH) throw new RangeError(`a filter element of ${length} bytes is too long`)
  const element = new Uint8Array(length)
  element[0] = type
  element[1] = length / 8
  element.set(body, HEADER_LENGTH)
  return element
}

function joinKeys(name: string, keys: readonly Uint8Array[]): Uint8Array {
  for (const key of keys) {
    if (key.length !== 32) throw new RangeError(`${name}: every entry must be 32 bytes`)
  }
  return concatBytes(...keys)
}
