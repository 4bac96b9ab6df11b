import { concatBytes } from "@tessera/mosaic"
import { textTag } from "../cast/tag.ts"
import type { Level, Rule } from "../rule.ts"
import { expectEqual } from "../verdict.ts"
import { u16, u64, zeros } from "../wire/bytes.ts"
import * as f from "../wire/filter.ts"

const someone = f.authors(new Uint8Array(32).fill(9))

/** A header that says another length than there is. */
function withLength(length: number, ...elements: readonly Uint8Array[]): Uint8Array {
  const bytes = f.filter(...elements)
  bytes.set(u16(length), 0)
  return bytes
}

/** An element whose length byte says something else. */
function withWords(words: number, element: Uint8Array): Uint8Array {
  const bytes = element.slice()
  bytes[1] = words
  return bytes
}

/** Filters that are refused, wherever in the filter the fault is. */
const CASES: readonly (readonly [id: string, section: string, level: Level, title: string, filter: Uint8Array])[] = [
  ["length-zero", "", "MUST", "an element whose length byte is 0", f.filter(someone, withWords(0, f.since(1n)))],
  ["past-end", "", "SETTLED", "an element that goes past the end of the filter", f.filter(someone, withWords(3, f.since(1n)))],
  ["header-length", "#filter-structure", "SETTLED", "a length in its header that is not its own", withLength(16, someone)],
  ["header-length-more", "#filter-structure", "SETTLED", "a length in its header beyond its end", withLength(56, someone)],
  ["not-of-words", "#filter-structure", "MUST", "a length that is not divisible by 8", concatBytes(withLength(52, someone), zeros(4))],
  ["unknown-narrow", "", "SETTLED", "an element of unknown type below 0x80", f.filter(someone, f.element(0x06, zeros(8)))],
  ["unknown-wide", "", "SETTLED", "an element of unknown type above 0x80", f.filter(someone, f.element(0x86, zeros(8)))],
  ["type-zero", "", "SETTLED", "an element of type 0", f.filter(someone, f.element(0x00, zeros(8)))],
  ["authors-size", "#author-keys", "SETTLED", "Author Keys of 40 bytes", f.filter(f.element(f.ELEMENT.AUTHOR_KEYS, zeros(40)))],
  ["signers-size", "#signing-keys", "SETTLED", "Signing Keys of 8 bytes", f.filter(f.element(f.ELEMENT.SIGNING_KEYS, zeros(8)))],
  ["exclude-size", "#exclude", "SETTLED", "Exclude with whole ids of 48 bytes", f.filter(someone, f.element(f.ELEMENT.EXCLUDE, zeros(48)))],
  ["since-size", "#since", "SETTLED", "Since without a time", f.filter(someone, f.element(f.ELEMENT.SINCE))],
  ["until-size", "#until", "SETTLED", "Until with two times", f.filter(someone, f.element(f.ELEMENT.UNTIL, u64(1n), u64(2n)))],
  [
    "received-since-size",
    "#received-since",
    "SETTLED",
    "Received Since with two times",
    f.filter(someone, f.element(f.ELEMENT.RECEIVED_SINCE, zeros(16))),
  ],
  [
    "received-until-size",
    "#received-until",
    "SETTLED",
    "Received Until without a time",
    f.filter(someone, f.element(f.ELEMENT.RECEIVED_UNTIL)),
  ],
  [
    "tag-short",
    "#included-tags",
    "MUST",
    "a tag that says it has 3 bytes",
    f.filter(someone, f.includedTags(concatBytes(u16(3), u16(5), zeros(4)))),
  ],
  [
    "tag-past-end",
    "#included-tags",
    "SETTLED",
    "a tag that goes past the end of its element",
    f.filter(someone, f.includedTags(concatBytes(u16(40), u16(5), zeros(4)))),
  ],
  [
    "excluded-tag-short",
    "#excluded-tags",
    "MUST",
    "an excluded tag that says it has 2 bytes",
    f.filter(someone, f.excludedTags(concatBytes(u16(2), u16(5), zeros(4)))),
  ],
  [
    "excluded-tag-past-end",
    "#excluded-tags",
    "SETTLED",
    "an excluded tag past the end of its element",
    f.filter(someone, f.excludedTags(textTag("red"), concatBytes(u16(99), u16(5)))),
  ],
]

/** Each is asked as a Query and as a Subscribe, and the connection goes on. */
export const filterInvalid: readonly Rule[] = CASES.map(([id, section, level, title, bytes]) => ({
  id: `filter-invalid-${id}`,
  page: `filter${section}`,
  level,
  title: `INVALID: ${title}`,
  async run(context) {
    const peer = await context.open()
    const { records, result } = await peer.query(bytes)
    expectEqual(records.length, 0, "records")
    expectEqual(result, "INVALID", "result of Query")
    expectEqual((await peer.query(f.filter(someone))).result, "SUCCESS", "the same without the fault")
  },
}))
