import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import Database from "better-sqlite3-multiple-ciphers"
import { type VerifiedRecord, parseTimestamp, retractionTargets } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { type RecordStore, StorageError } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts"

/**
 * A file that the program wrote when version 1 was the present one: six notes, made 1 to 6 seconds after the start; the second expires at 1,000 seconds, the
 * fourth, replaceable, at 2,000; the fifth is a Retraction of the third, and the sixth was removed. All were received at 100.
 */
const FIXTURE = new URL("version-1.db.gz", import.meta.url)
const KEY = new Uint8Array(32).fill(3)
const SECOND = 1_000_000_000n
const START = 1_790_000_000n * SECOND
const at = (seconds: number) => parseTimestamp(START + BigInt(seconds) * SECOND)
const MARKER = "the-marker-that-nobody-may-find"

async function fixture(folder: string, key?: Uint8Array): Promise<string> {
  const path = join(folder, "records.db")
  await writeFile(path, gunzipSync(await readFile(FIXTURE)))
  if (key === undefined) return path
  const database = new Database(path)
  database.pragma("cipher = 'aegis'")
  database.pragma("journal_mode = DELETE")
  database.pragma(`rekey = 'raw:${Buffer.from(key).toString("hex")}'`)
  database.close()
  return path
}

const open = (path: string, seconds: number, key?: Uint8Array): Promise<RecordStore> =>
  openSqliteStore({ path, now: () => at(seconds), ...(key !== undefined && { key }) })
const secondsOf = (record: VerifiedRecord): number => Number((record.timestamp - START) / SECOND)
const seen = async (store: RecordStore): Promise<number[]> =>
  (await store.query({}, { limit: 10 })).records.map(({ record }) => secondsOf(record))

test.each([
  ["plain", undefined],
  ["encrypted", KEY],
])("a file of version 1 opens, keeps what it has, and learns what expires and what was retracted (%s)", async (_, key) => {
  await using folder = await temporaryFolder()
  const path = await fixture(folder.path, key)
  {
    await using store = await open(path, 100, key)
    expect(await seen(store)).toEqual([5, 4, 2, 1])
    expect(await store.lastSequence()).toBe(6)
    const [retraction] = (await store.query({}, { limit: 1 })).records
    const [target] = retraction === undefined ? [] : retractionTargets(retraction.record)
    if (target === undefined) throw new Error("the fixture has a retraction")
    expect(await store.get([target])).toEqual([])
  }
  {
    // Twice: the second time there is nothing left to do. The clock is near what it was.
    await using store = await open(path, 130, key)
    expect(await seen(store)).toEqual([5, 4, 2, 1])
  }
  await using store = await open(path, 1_000, key)
  expect(await seen(store)).toEqual([5, 4, 1])
})

test("what was retracted before is gone from the file when it is migrated", async () => {
  await using folder = await temporaryFolder()
  const path = await fixture(folder.path)
  expect((await readFile(path)).includes(MARKER)).toBe(true)
  await (await open(path, 100))[Symbol.asyncDispose]()
  expect((await readFile(path)).includes(MARKER)).toBe(false)
})

test("a migrated file has the same tables and indexes as a new one", async () => {
  await using folder = await temporaryFolder()
  const path = await fixture(folder.path)
  await (await open(path, 100))[Symbol.asyncDispose]()
  const schemaOf = (database: Database.Database): unknown[] => {
    try {
      expect(database.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION)
      return database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all()
    } finally {
      database.close()
    }
  }
  const fresh = new Database(":memory:")
  fresh.exec(SCHEMA)
  expect(schemaOf(new Database(path))).toEqual(schemaOf(fresh))
})

test("a migration that fails leaves the file at version 1, as it was", async () => {
  await using folder = await temporaryFolder()
  const path = await fixture(folder.path)
  const damaged = new Database(path)
  damaged.prepare("UPDATE record SET bytes = zeroblob(300) WHERE sequence = 5").run()
  damaged.close()
  await expect(open(path, 100)).rejects.toThrow(StorageError)
  const after = new Database(path)
  try {
    expect(after.pragma("user_version", { simple: true })).toBe(1)
    expect(after.prepare("SELECT count(*) FROM record").pluck().get()).toBe(5)
    expect(after.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'retracted'").get()).toBeUndefined()
  } finally {
    after.close()
  }
})
