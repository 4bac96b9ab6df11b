/** Types of filter elements, as the specification's filter page numbers them. */
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

export type ElementType = (typeof ELEMENT)[keyof typeof ELEMENT]

const KNOWN: ReadonlySet<number> = new Set(Object.values(ELEMENT))

export const isElementType = (type: number): type is ElementType => KNOWN.has(type)

/** Header of a filter and of each of its elements, in bytes. */
export const HEADER_LENGTH = 8

/** An element's length is one byte, counted in words of 8 bytes. */
export const MAX_ELEMENT_LENGTH = 255 * 8

/** The filter's length is 16 bits and divisible by 8. */
export const MAX_FILTER_LENGTH = 65_528
