import { expect, test } from "vitest"
import { publicKeyOf, parseSecretKey } from "../keys/secret-key.ts"
import { MICROBLOG_ROOT, PROFILE } from "../kinds.ts"
import { nonceFromText } from "../nonce.ts"
import { buildRecord } from "../record/build.ts"
import { notifyTag } from "../tags/build.ts"
import { parseTimestamp } from "../timestamp.ts"
import { encodeFilter } from "./encode.ts"
import type { Filter } from "./filter.ts"
import { matchesFilter } from "./match.ts"
import { parseFilter } from "./parse.ts"

const secret = parseSecretKey(new Uint8Array(32).fill(1))
const deviceSecret = parseSecretKey(new Uint8Array(32).fill(2))
const author = publicKeyOf(secret)
const signer = publicKeyOf(deviceSecret)
const stranger = publicKeyOf(parseSecretKey(new Uint8Array(32).fill(3)))
const record = buildRecord({
  author,
  signer: deviceSecret,
  kind: MICROBLOG_ROOT,
  nonce: nonceFromText("a note"),
  timestamp: parseTimestamp(100n),
  tags: [notifyTag(stranger), { type: 0x9999, value: Uint8Array.of(1, 2, 3) }],
})
const carried = { type: 0x9999, value: Uint8Array.of(1, 2, 3) }
const notCarried = { type: 0x9999, value: Uint8Array.of(1, 2) }
const otherType = { type: 0x9998, value: Uint8Array.of(1, 2, 3) }
const time = (value: bigint) => parseTimestamp(value)
const prefix = record.id.slice(0, 32)

const CASES: readonly (readonly [string, Filter, boolean])[] = [
  ["nothing asked", {}, true],
  ["its author", { authors: [stranger, author] }, true],
  ["another author", { authors: [stranger, signer] }, false],
  ["no author at all", { authors: [] }, false],
  ["its signer", { signers: [signer] }, true],
  ["another signer", { signers: [author] }, false],
  ["its kind", { kinds: [PROFILE, MICROBLOG_ROOT] }, true],
  ["another kind", { kinds: [PROFILE] }, false],
  ["no kind at all", { kinds: [] }, false],
  ["its timestamp", { timestamps: [time(1n), time(100n)] }, true],
  ["another timestamp", { timestamps: [time(101n)] }, false],
  ["a tag it carries", { includedTags: [[notCarried, carried]] }, true],
  ["a tag whose value goes on", { includedTags: [[notCarried]] }, false],
  ["a tag of another type", { includedTags: [[otherType]] }, false],
  ["both of two elements", { includedTags: [[carried], [notifyTag(stranger)]] }, true],
  ["one of two elements", { includedTags: [[carried], [notifyTag(author)]] }, false],
  ["any tag of none", { includedTags: [[]] }, false],
  ["since before", { since: time(99n) }, true],
  ["since its timestamp", { since: time(100n) }, true],
  ["since after", { since: time(101n) }, false],
  ["until after", { until: time(101n) }, true],
  ["until its timestamp", { until: time(100n) }, true],
  ["until before", { until: time(99n) }, false],
  ["received since then", { receivedSince: time(200n) }, true],
  ["received since later", { receivedSince: time(201n) }, false],
  ["received until then", { receivedUntil: time(200n) }, true],
  ["received until earlier", { receivedUntil: time(199n) }, false],
  ["excluded by its id", { exclude: [new Uint8Array(32), prefix] }, false],
  ["another one excluded", { exclude: [new Uint8Array(32)] }, true],
  ["none excluded", { exclude: [] }, true],
  ["a tag it carries excluded", { excludedTags: [[notCarried], [carried]] }, false],
  ["tags it does not carry excluded", { excludedTags: [[notCarried, otherType]] }, true],
  [
    "all of it together",
    {
      authors: [author],
      kinds: [MICROBLOG_ROOT],
      since: time(1n),
      until: time(100n),
      includedTags: [[carried]],
      excludedTags: [[otherType]],
    },
    true,
  ],
  [
    "all but one",
    {
      authors: [author],
      kinds: [MICROBLOG_ROOT],
      since: time(1n),
      until: time(100n),
      includedTags: [[carried]],
      excludedTags: [[carried]],
    },
    false,
  ],
]

test.each(CASES)("%s", (_, filter, matches) => {
  expect(matchesFilter(filter, record, time(200n))).toBe(matches)
  expect(matchesFilter(parseFilter(encodeFilter(filter)), record, time(200n))).toBe(matches)
})
