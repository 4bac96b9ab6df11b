import { concatBytes } from "@tessera/mosaic"
import { padded, u16, u64, zeros } from "./bytes.ts"

/** The element types of the filter page. */
export const ELEMENT = {
  AUTHOR_KEYS: 0x01,
  SIGNING_KEYS: 0x02,
  KINDS: 0x03,
  TIMESTAMPS: 0x04,
  INCLUDED_TAGS: 0x05,
  SINCE: 0x80,
  UNTIL: 0x81,
  RECEIVED_SINCE: 0x82,
  RECEIVED_UNTIL: 0x83,
  EXCLUDE: 0x84,
  EXCLUDED_TAGS: 0x85,
} as const

/** A filter with its header. */
export function filter(...elements: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...elements)
  return concatBytes(u16(8 + body.length), zeros(6), body)
}

/** An element: type, length in words of 8 bytes, zeros, body, padded with zeros. */
export function element(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...body)
  const length = 8 + padded(content.length)
  return concatBytes(Uint8Array.of(type, length / 8), zeros(6), content, zeros(length - 8 - content.length))
}

export const authors = (...keys: readonly Uint8Array[]): Uint8Array => element(ELEMENT.AUTHOR_KEYS, ...keys)
export const signers = (...keys: readonly Uint8Array[]): Uint8Array => element(ELEMENT.SIGNING_KEYS, ...keys)
/** Big-endian, as the kind page says; the filter page says little-endian. */
export const kinds = (...values: readonly bigint[]): Uint8Array => element(ELEMENT.KINDS, ...values.map(u64))
export const timestamps = (...values: readonly bigint[]): Uint8Array => element(ELEMENT.TIMESTAMPS, ...values.map(u64))
export const includedTags = (...tags: readonly Uint8Array[]): Uint8Array => element(ELEMENT.INCLUDED_TAGS, ...tags)
export const excludedTags = (...tags: readonly Uint8Array[]): Uint8Array => element(ELEMENT.EXCLUDED_TAGS, ...tags)
export const since = (value: bigint): Uint8Array => element(ELEMENT.SINCE, u64(value))
export const until = (value: bigint): Uint8Array => element(ELEMENT.UNTIL, u64(value))
export const receivedSince = (value: bigint): Uint8Array => element(ELEMENT.RECEIVED_SINCE, u64(value))
export const receivedUntil = (value: bigint): Uint8Array => element(ELEMENT.RECEIVED_UNTIL, u64(value))
export const exclude = (...ids: readonly Uint8Array[]): Uint8Array => element(ELEMENT.EXCLUDE, ...ids.map((id) => id.subarray(0, 32)))
