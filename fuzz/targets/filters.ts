import { type Filter, type Tag, encodeFilter, matchesFilter, parseFilter, parseTimestamp } from "@tessera/mosaic"
import { keys, records } from "../cast.ts"
import { Broken, type Target, expectSame } from "../target.ts"

const [first = new Uint8Array(32), second = new Uint8Array(32)] = keys
const noon = parseTimestamp(1_790_000_000_000_000_003n)
const someTags = records.flatMap(({ tags }) => tags).slice(0, 6)

export const filters: readonly Filter[] = [
  {},
  { authors: [first] },
  { authors: [first, second], kinds: records.slice(0, 1).map(({ kind }) => kind) },
  { signers: [second], since: noon },
  { timestamps: [noon, parseTimestamp(noon + 1n)] },
  { includedTags: [someTags.slice(0, 2), someTags.slice(2)] },
  { excludedTags: [someTags.slice(1, 3)], until: noon },
  { receivedSince: noon, receivedUntil: noon, exclude: records.slice(0, 4).map(({ id }) => id.subarray(0, 32)) },
  { kinds: [], includedTags: [[]] },
]

const encoded = filters.map(encodeFilter)

function repair(bytes: Uint8Array): void {
  bytes[0] = bytes.length
  bytes[1] = bytes.length >> 8
}

/** Filters: written the same way again, and matching what a plain reading of the bytes says. */
export const filterTarget: Target = {
  name: "filters",
  share: 1_000,
  good: encoded,
  repair,
  take(bytes, source) {
    const filter = parseFilter(bytes)
    const written = hasPaddingTag(filter) ? encodeFilter({}) : encodeFilter(filter)
    expectSame(encodeFilter(parseFilter(written)), written, "encode(parse(x)) is not canonical")
    const record = source.pick(records)
    const received = parseTimestamp(noon + BigInt(source.below(3)) - 1n)
    const plain = matchesPlainly(bytes, record.bytes, record.tags, received)
    if (matchesFilter(filter, record, received) !== plain)
      throw new Broken(`a filter ${plain ? "misses" : "brings"} record ${records.indexOf(record)}`)
  },
}

/** Type 0 marks padding: a tag of it is read, matches nothing that anybody writes, and is not written. */
export const hasPaddingTag = ({ includedTags = [], excludedTags = [] }: Filter): boolean =>
  [...includedTags, ...excludedTags].some((list) => list.some(({ type }) => type === 0))

/** The oracle: elements are held against the bytes of the record one after the other, as the filter page says, with hexadecimal texts. */
function matchesPlainly(filter: Uint8Array, record: Uint8Array, tags: readonly Tag[], received: bigint): boolean {
  const seen = new Set<number>()
  const own = new Set(tags.map(({ type, value }) => `${type}:${hex(value)}`))
  for (let from = 8; from < filter.length;) {
    const [type = 0, words = 0] = filter.subarray(from, from + 2)
    const body = filter.subarray(from + 8, from + words * 8)
    from += words * 8
    if (seen.has(type) && type !== 0x05 && type !== 0x85) continue
    seen.add(type)
    if (!passes(type, body, record, own, received)) return false
  }
  return true
}

function passes(type: number, body: Uint8Array, record: Uint8Array, own: ReadonlySet<string>, received: bigint): boolean {
  const field = (from: number, to: number): string => hex(record.subarray(from, to))
  const has = (size: number, value: string): boolean => pieces(body, size).includes(value)
  const time = (): bigint => BigInt(`0x${hex(body)}`)
  const own64 = BigInt(`0x${field(128, 136)}`)
  switch (type) {
    case 0x01:
      return has(32, field(64, 96))
    case 0x02:
      return has(32, field(96, 128))
    case 0x03:
      return has(8, field(56, 64))
    case 0x04:
      return has(8, field(128, 136))
    case 0x05:
      return tagsOf(body).some((tag) => own.has(tag))
    case 0x80:
      return own64 >= time()
    case 0x81:
      return own64 <= time()
    case 0x82:
      return received >= time()
    case 0x83:
      return received <= time()
    case 0x84:
      return !has(32, field(0, 32))
    case 0x85:
      return !tagsOf(body).some((tag) => own.has(tag))
    default:
      throw new Broken(`a filter with an element of type ${type} is read`)
  }
}

function tagsOf(body: Uint8Array): string[] {
  const tags: string[] = []
  for (let at = 0; at + 2 <= body.length;) {
    const length = (body[at] ?? 0) | ((body[at + 1] ?? 0) << 8)
    if (length === 0) break
    tags.push(`${(body[at + 2] ?? 0) | ((body[at + 3] ?? 0) << 8)}:${hex(body.subarray(at + 4, at + length))}`)
    at += length
  }
  return tags
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")

function pieces(body: Uint8Array, size: number): string[] {
  const found: string[] = []
  for (let at = 0; at < body.length; at += size) found.push(hex(body.subarray(at, at + size)))
  return found
}
