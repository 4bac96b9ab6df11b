import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3-multiple-ciphers"
import { type Filter, type VerifiedRecord, encodeUtf8, parseTimestamp } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { forgeRecord, forgedKey } from "../packages/mosaic-server/src/store/contract/forged-record.ts"
import { DURABLE, median, type Row } from "./row.ts"

const SIZES = [10_000, 100_000]
const AUTHORS = 500
const BATCH = 100
const CHUNK = 5_000
/** As many as a busy server has under way: each record is its own `put`. */
const CONCURRENT = 256
const SINGLES = 5_000
const REPEATS = 41

const now = (): ReturnType<typeof parseTimestamp> => parseTimestamp(BigInt(Date.now()) * 1_000_000n)

/**
 * The record store: what it takes in durably, beside plain inserts of the same bytes by the same library, and how long questions take with 10,000 and
 * with 100,000 records. Encrypted, WAL, synchronous=FULL.
 */
export async function run(): Promise<readonly Row[]> {
  const rows: Row[] = []
  const answers = new Map<string, number>()
  for (const size of SIZES) {
    const folder = await mkdtemp(join(tmpdir(), "tessera-bench-"))
    try {
      await using store = await openSqliteStore({ path: join(folder, "records.db"), key: new Uint8Array(32).fill(1), now })
      const plain = openPlain(folder)
      const batches = await rate(0, size, async (records) => await ingestBatches(store, records))
      const plainBatches = await rate(0, size, (records) => insertPlainly(plain, records, BATCH))
      rows.push({
        name: `store: take in ${format(size)} in batches of ${BATCH}`,
        value: batches,
        unit: "records/s",
        reference: { name: "plain inserts", value: plainBatches },
        durability: DURABLE,
        note: `all indexes; records of 268 to 820 bytes; reference: plain better-sqlite3, WAL, synchronous=FULL, one table, ${BATCH} a transaction`,
      })
      if (size === SIZES.at(-1)) {
        const singles = await rate(size, SINGLES, async (records) => await ingestSingles(store, records))
        const plainSingles = await rate(size, SINGLES, (records) => insertPlainly(plain, records, 1))
        rows.push({
          name: `store: take in one by one, ${CONCURRENT} at a time`,
          value: singles,
          unit: "records/s",
          reference: { name: "plain inserts", value: plainSingles },
          durability: DURABLE,
          note: "each durable before it is answered; reference: one a transaction",
        })
      }
      plain.close()
      for (const [name, filter] of questions) {
        const before = answers.get(name)
        const value = await question(store, filter)
        answers.set(name, value)
        rows.push({
          name: `store: ${name}, of ${format(size)}`,
          value,
          unit: "ms",
          ...(before !== undefined && { reference: { name: `of ${format(SIZES[0] ?? 0)}`, value: before } }),
          peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
          note: `median of ${REPEATS}`,
        })
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return rows
}

const keys = Array.from({ length: AUTHORS }, (_, index) => forgedKey(index))
const topic = (index: number): { type: number; value: Uint8Array } => ({ type: 0x8001, value: encodeUtf8(`topic ${index % 97}`) })

const questions: readonly [string, Filter][] = [
  ["newest 100 of an author", { authors: keys.slice(7, 8) }],
  ["newest 100 of 200 authors", { authors: keys.slice(0, 200) }],
  ["newest 100 with a tag", { includedTags: [[topic(5)]] }],
]

/** Notes of 50 to 600 characters. One author in a hundred writes much, so that even few records hold a hundred of one author. */
function makeRecords(start: number, count: number): VerifiedRecord[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = start + offset
    return forgeRecord({
      author: keys[index % 50 === 0 ? 7 : (index * 7) % AUTHORS] ?? forgedKey(0),
      kind: 0x1_0001_001cn,
      nonce: BigInt(index),
      timestamp: BigInt(1_800_000_000_000 + index * 1_000),
      tags: [topic(index)],
      payload: encodeUtf8(`${index} `.padEnd(50 + ((index * 37) % 550), "a note that somebody wrote ")),
    })
  })
}

async function ingestBatches(store: RecordStore, records: readonly VerifiedRecord[]): Promise<void> {
  const puts: Promise<unknown>[] = []
  for (let start = 0; start < records.length; start += BATCH) {
    puts.push(store.put(records.slice(start, start + BATCH)))
    if (puts.length >= 8) await puts.shift()
  }
  await Promise.all(puts)
}

async function ingestSingles(store: RecordStore, records: readonly VerifiedRecord[]): Promise<void> {
  const waiting = records.values()
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      for (const record of waiting) await store.put([record])
    }),
  )
}

function openPlain(folder: string): Database.Database {
  const database = new Database(join(folder, "plain.db"))
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec("CREATE TABLE record (id BLOB PRIMARY KEY, bytes BLOB NOT NULL)")
  return database
}

function insertPlainly(database: Database.Database, records: readonly VerifiedRecord[], perTransaction: number): void {
  const insert = database.prepare("INSERT INTO record VALUES (?, ?)")
  const insertAll = database.transaction((some: readonly VerifiedRecord[]) => {
    for (const record of some) insert.run(record.id, record.bytes)
  })
  for (let start = 0; start < records.length; start += perTransaction) insertAll(records.slice(start, start + perTransaction))
}

async function question(store: RecordStore, filter: Filter): Promise<number> {
  const times: number[] = []
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const begun = performance.now()
    const { records } = await store.query(filter, { limit: 100 })
    times.push(performance.now() - begun)
    if (records.length !== 100) throw new Error(`${records.length} records, 100 expected`)
  }
  return median(times)
}

/** Records a second. They are made between, a few thousand at a time: neither the time nor the memory for all of them shall count. */
async function rate(start: number, count: number, act: (records: readonly VerifiedRecord[]) => Promise<void> | void): Promise<number> {
  let milliseconds = 0
  for (let made = 0; made < count; made += CHUNK) {
    const records = makeRecords(start + made, Math.min(CHUNK, count - made))
    const begun = performance.now()
    await act(records)
    milliseconds += performance.now() - begun
  }
  return count / (milliseconds / 1_000)
}

function format(count: number): string {
  return count.toLocaleString("en")
}
