import { type Filter, parseKind, parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { forgedKey } from "./contract/forged-record.ts"
import { planQuery } from "./plan.ts"

const KIND = parseKind(0x1_0001_001cn)
const TAG = { type: 1, value: new Uint8Array(36) }
const time = (value: number): ReturnType<typeof parseTimestamp> => parseTimestamp(BigInt(value))
const keys = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => forgedKey(index))

/** Each way as the indexes that it uses and how many runs it has. */
function ways(filter: Filter): string[] {
  return planQuery(filter).streams.map((streams) => `${[...new Set(streams.map(({ by }) => by))].join()} ${streams.length}`)
}

test.each<[string, Filter, string[]]>([
  ["nothing", {}, ["all 1"]],
  ["authors", { authors: keys(3) }, ["author 3"]],
  ["an author twice", { authors: [forgedKey(1), forgedKey(1)] }, ["author 1"]],
  ["kinds", { kinds: [KIND] }, ["kind 1"]],
  ["authors and kinds", { authors: keys(3), kinds: [KIND] }, ["authorKind 3"]],
  ["too many authors and kinds", { authors: keys(600), kinds: [KIND, parseKind(KIND + 0x1_0000n)] }, ["author 600"]],
  ["signers", { signers: keys(2) }, ["signer 2"]],
  ["times", { timestamps: [time(1), time(2)] }, ["all 2"]],
  ["tags", { includedTags: [[TAG, { ...TAG, type: 2 }]] }, ["tag 2"]],
  [
    "everything",
    { authors: keys(2), signers: keys(1), kinds: [KIND], timestamps: [time(1)], includedTags: [[TAG], [TAG]] },
    ["all 1", "tag 1", "tag 1", "authorKind 2", "signer 1"],
  ],
  ["what matches nothing", { authors: [] }, [" 0"]],
  ["what only leaves out", { exclude: keys(1), excludedTags: [[TAG]], since: time(5) }, ["all 1"]],
])("plans for %s", (_, filter, expected) => {
  expect(ways(filter)).toEqual(expected)
})

test("times confine each run", () => {
  const [[stream] = []] = planQuery({ authors: keys(1), since: time(5), until: time(9) }).streams
  expect(stream?.oldest).toEqual(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]))
  expect(stream?.newest).toEqual(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 9, 255, 255, 255, 255, 255, 255, 255, 255]))
})

test("arrivals are a way only when the filter says since when", () => {
  expect(planQuery({ authors: keys(2) }).arrivals).toEqual([])
  const { arrivals } = planQuery({ authors: keys(2), includedTags: [[TAG]], receivedSince: time(3) })
  expect(arrivals.map((way) => way.map(({ by }) => by))).toEqual([["author", "author"], ["tag"], ["all"]])
})
