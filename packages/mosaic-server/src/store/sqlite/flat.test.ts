import Database from "better-sqlite3-multiple-ciphers"
import { type Filter, type Reference, type VerifiedRecord, encodeUtf8, parseKind, parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { tagKeys } from "../tag-key.ts"
import type { QueryCursor } from "../port.ts"
import { Ledger } from "./ledger.ts"
import { readPage } from "./query.ts"
import { Reader } from "./reader.ts"
import { NEVER } from "./request.ts"
import { SCHEMA } from "./schema.ts"

const NOTE = parseKind(0x1_0001_001cn)
const RARE_KIND = parseKind(0x1_0003_001cn)
const AUTHORS = 300
const SMALL = 3_000
/** As few and as old in the large store as in the small one: who looks for them in the wrong place wades through everything. */
const RARE: ReadonlySet<number> = new Set([500, 510])
const RARE_SIGNER = forgedKey(-1)
const at = (time: number): ReturnType<typeof parseTimestamp> => parseTimestamp(BigInt(time))
const tag = (text: string): { type: number; value: Uint8Array } => ({ type: 0x8001, value: encodeUtf8(text) })

/** Counts what a question makes the store look at. That each look goes straight to its place is the matter of statements.test.ts. */
class CountingReader extends Reader {
  looks = 0

  override row(...args: Parameters<Reader["row"]>): ReturnType<Reader["row"]> {
    this.looks += 1
    return super.row(...args)
  }

  override entries(...args: Parameters<Reader["entries"]>): ReturnType<Reader["entries"]> {
    const entries = super.entries(...args)
    this.looks += 1 + entries.length
    return entries
  }

  override arrivals(...args: Parameters<Reader["arrivals"]>): ReturnType<Reader["arrivals"]> {
    const entries = super.arrivals(...args)
    this.looks += 1 + entries.length
    return entries
  }

  override at(...args: Parameters<Reader["at"]>): ReturnType<Reader["at"]> {
    const found = super.at(...args)
    this.looks += found.length
    return found
  }
}

interface Filled {
  readonly reader: CountingReader
  readonly records: readonly VerifiedRecord[]
}

/** Many authors who write in turns, one of whom writes every second record; a popular tag; and two old records with a rare tag, kind and signer. */
function fill(count: number): Filled {
  const keys = Array.from({ length: AUTHORS }, (_, index) => forgedKey(index))
  const records = Array.from({ length: count }, (_, index) =>
    forgeRecord({
      author: keys[index % 2 === 0 ? 0 : index % AUTHORS] ?? forgedKey(0),
      signer: RARE.has(index) ? RARE_SIGNER : (keys[(index * 7) % AUTHORS] ?? forgedKey(0)),
      kind: RARE.has(index) ? RARE_KIND : NOTE,
      nonce: BigInt(index),
      timestamp: BigInt(1_000_000 + index),
      tags: [tag("popular"), tag(`topic ${index % 50}`), ...(RARE.has(index) ? [tag("rare")] : [])],
    }),
  )
  const database = new Database(":memory:")
  database.exec(SCHEMA)
  const ledger = new Ledger(database)
  const rows = records.map((record) => ({
    bytes: record.bytes,
    tagKeys: tagKeys(record.tags),
    isReplaceable: false,
    expires: NEVER,
    retracts: new Uint8Array(0),
  }))
  // Received much later than written, so that both orders differ.
  ledger.transaction(() => ledger.put(rows, { now: 50_000_000n, over: -1n, trusted: -1n }))
  return { reader: new CountingReader(database), records }
}

const small = fill(SMALL)
const large = fill(SMALL * 10)

async function looks({ reader }: Filled, filter: Filter, limit: number): Promise<number> {
  reader.looks = 0
  const page = await readPage(reader, filter, { limit })
  expect(page.records.length).toBeGreaterThan(1)
  return reader.looks
}

const authors = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => forgedKey(index))
/** The time since which the last `count` records were received. */
const receivedOfLast = ({ records }: Filled, count: number): ReturnType<typeof at> => at(50_000_000 + records.length - count)

const questions: readonly [string, (filled: Filled) => Filter, number][] = [
  ["newest of an author", () => ({ authors: authors(1) }), 100],
  ["newest of 200 authors", () => ({ authors: authors(200) }), 100],
  ["newest of a kind", () => ({ kinds: [NOTE] }), 100],
  ["newest of a rare kind by anybody", () => ({ kinds: [RARE_KIND] }), 5],
  ["author and kind", () => ({ authors: authors(10), kinds: [NOTE] }), 100],
  ["an author who writes all the time, and a rare kind", () => ({ authors: authors(1), kinds: [RARE_KIND] }), 5],
  ["tag", () => ({ includedTags: [[tag("topic 7")]] }), 50],
  ["popular tag and rare tag", () => ({ includedTags: [[tag("popular")], [tag("rare")]] }), 5],
  ["signer", () => ({ signers: [forgedKey(7)] }), 5],
  ["rare signer", () => ({ signers: [RARE_SIGNER] }), 5],
  ["rare signer for a busy author", () => ({ authors: authors(1), signers: [RARE_SIGNER] }), 5],
  ["popular tag and rare signer", () => ({ includedTags: [[tag("popular")]], signers: [RARE_SIGNER] }), 5],
  ["exact time", () => ({ timestamps: [at(1_000_777), at(1_000_888)] }), 10],
  ["between two times", () => ({ since: at(1_000_100), until: at(1_000_199) }), 100],
  ["everything, newest first", () => ({}), 100],
  ["received since", (filled) => ({ receivedSince: receivedOfLast(filled, 50) }), 100],
  ["of a busy author, received since", (filled) => ({ authors: authors(1), receivedSince: receivedOfLast(filled, 50) }), 100],
  [
    "with a popular tag, received since",
    (filled) => ({ includedTags: [[tag("popular")]], receivedSince: receivedOfLast(filled, 50) }),
    100,
  ],
]

test.each(questions)("ten times the records are no more to look at: %s", async (_, filterFor, limit) => {
  const few = await looks(small, filterFor(small), limit)
  const many = await looks(large, filterFor(large), limit)
  expect(many).toBeLessThanOrEqual(few * 1.3 + 20)
})

test("what takes long to find comes in brief pages: none looks at much, and all together at no more than one long page", async () => {
  const filter: Filter = { authors: authors(1), excludedTags: [[tag("popular")]] }
  const pagesOf = async ({ reader }: Filled): Promise<number[]> => {
    const each: number[] = []
    let cursor: QueryCursor | undefined
    do {
      reader.looks = 0
      const page = await readPage(reader, filter, { limit: 100, brief: true, ...(cursor !== undefined && { cursor }) })
      expect(page.records).toEqual([])
      each.push(reader.looks)
      cursor = page.next
    } while (cursor !== undefined)
    return each
  }
  const [few, many] = [await pagesOf(small), await pagesOf(large)]
  expect([few.length, many.length]).toEqual([2, 16])
  for (const looked of many) expect(looked).toBeLessThan(2_700)
  large.reader.looks = 0
  expect(await readPage(large.reader, filter, { limit: 100 })).toEqual({ records: [] })
  expect(many.reduce((sum, looked) => sum + looked, 0)).toBeLessThan(large.reader.looks * 1.5)
})

test("ten times the records are no more to look at: by id, by address, after a sequence", () => {
  const looksFor = ({ reader, records }: Filled): number => {
    reader.looks = 0
    const references: Reference[] = records.slice(1_000, 1_020).flatMap(({ id, address }) => [id, address])
    reader.snapshot(() => {
      for (const reference of references) expect(reader.at(reference).length).toBe(1)
      reader.looks += reader.pageAfter(records.length - 100).length
    })
    return reader.looks
  }
  expect(looksFor(small)).toBe(140)
  expect(looksFor(large)).toBe(140)
})

test("a page far down costs what the first costs", async () => {
  const { reader, records } = large
  const middle = records[SMALL]
  if (middle === undefined) throw new Error("too few records")
  reader.looks = 0
  const page = await readPage(reader, { authors: authors(1) }, { limit: 100, cursor: { timestamp: middle.timestamp, id: middle.id } })
  expect(page.records.length).toBe(100)
  expect(reader.looks).toBeLessThan(500)
})
