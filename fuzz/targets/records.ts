import {
  claimedIdPrefix,
  encodeTags,
  encodeUtf8,
  equalBytes,
  formatRecord,
  parseRecord,
  parseRecordText,
  parseReference,
  parseTags,
  readCoreTag,
  recordToJson,
} from "@tessera/mosaic"
import { records, schedules, vectors } from "../cast.ts"
import { type Target, expectLaw, expectSame } from "../target.ts"

const good = [...records.map(({ bytes }) => bytes), ...schedules.map(({ bytes }) => bytes), ...vectors]

/** The form of records, without hashing. */
export const recordTarget: Target = {
  name: "records",
  share: 1_000,
  good,
  take(bytes) {
    expectLaw(claimedIdPrefix(bytes).length === 32, "an id prefix has 32 bytes")
    const record = parseRecord(bytes)
    expectLaw(record.bytes.length % 8 === 0, "records are of whole words")
    expectLaw(record.claimedId.length === 48, "ids have 48 bytes")
  },
}

const known = new Set(good.map((bytes) => Buffer.from(bytes).toString("hex")))

/** Whole verification: whatever is changed in a record, it does not verify any more. What does is read and printed. */
export const signatureTarget: Target = {
  name: "signatures",
  share: 4,
  good,
  take(bytes) {
    const record = parseRecord(bytes).verify()
    expectLaw(known.has(Buffer.from(bytes).toString("hex")), "a record that was changed verifies")
    recordToJson(record)
    expectLaw(equalBytes(record.id.subarray(0, 8), record.bytes.subarray(128, 136)), "an id begins with the timestamp")
  },
}

const sections = records.map(({ tags }) => encodeTags(tags))

/** Tags sections. */
export const tagTarget: Target = {
  name: "tags",
  share: 1_000,
  good: sections.filter(({ length }) => length > 0),
  take(bytes) {
    const tags = parseTags(bytes)
    for (const tag of tags) readCoreTag(tag)
    // Type 0 marks padding in filters and cannot be written.
    if (tags.every(({ type }) => type !== 0)) expectSame(encodeTags(tags), bytes, "encode(parse(x)) is not x")
  },
}

export const referenceTarget: Target = {
  name: "references",
  share: 500,
  good: records.flatMap(({ id, address }) => [id, address]),
  take: (bytes) => void parseReference(bytes),
}

/** Records as text. */
export const recordTextTarget: Target = {
  name: "record texts",
  share: 50,
  good: records.slice(0, 4).map((record) => encodeUtf8(formatRecord(record))),
  take: (bytes) => void parseRecordText(Buffer.from(bytes).toString("latin1")),
}
