import { copyFile, readFile, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import Database from "better-sqlite3-multiple-ciphers"
import { encodeUtf8, expiresTag, parseTimestamp, retractionKind, retractsTag, timestampFromUnixMillis } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { openSqliteStore } from "../sqlite.ts"
import { tagKey } from "../tag-key.ts"

const KEY = new Uint8Array(32).fill(6)
const MARKER = "the-marker-that-nobody-may-find"
const REPLACEABLE = 0x1_0005_001en
const UNIQUE = 0x1_0001_001cn
const now = (): ReturnType<typeof parseTimestamp> => parseTimestamp(1n)

/** How many files of a folder hold some bytes, of how many. */
async function search(folder: string, wanted: string | Uint8Array): Promise<{ found: string[]; files: string[] }> {
  const files = (await readdir(folder)).sort()
  const contents = await Promise.all(files.map(async (name) => await readFile(join(folder, name))))
  const needle = typeof wanted === "string" ? Buffer.from(wanted) : Buffer.from(wanted)
  return { found: files.filter((_, index) => contents[index]?.includes(needle)), files }
}

const note = (number: number, text: string, kind = UNIQUE): ReturnType<typeof forgeRecord> =>
  forgeRecord({
    author: forgedKey(1),
    kind,
    nonce: kind === REPLACEABLE ? 1n : BigInt(number),
    timestamp: BigInt(number),
    payload: encodeUtf8(text),
    tags: [{ type: 0x8001, value: encodeUtf8(text.slice(0, 200)) }],
  })

test("with a key, nothing of a record is found in any file, during and after a run", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "records.db")
  {
    await using store = await openSqliteStore({ path, key: KEY, now })
    for (let number = 0; number < 300; number += 1) await store.put([note(number, MARKER.repeat(number % 50 === 0 ? 2_000 : 3))])
    await store.query({ includedTags: [[{ type: 0x8001, value: encodeUtf8(MARKER) }]] }, { limit: 100 })
    const during = await search(folder.path, MARKER)
    expect(during).toEqual({ found: [], files: ["records.db", "records.db-shm", "records.db-wal"] })
    expect((await search(folder.path, forgedKey(1).subarray(0, 8))).found).toEqual([])
    expect((await search(folder.path, "CREATE TABLE")).found).toEqual([])
  }
  expect(await search(folder.path, MARKER)).toEqual({ found: [], files: ["records.db"] })
  expect((await search(folder.path, "CREATE TABLE")).found).toEqual([])
})

// Without a key the files show what is behind the encryption.
test("the search finds what is there", async () => {
  await using folder = await temporaryFolder()
  await using store = await openSqliteStore({ path: join(folder.path, "records.db"), now })
  await store.put([note(1, MARKER)])
  expect((await search(folder.path, MARKER)).found).toEqual(["records.db-wal"])
})

test("what was removed is gone from every page and from the log when that is said", async () => {
  await using folder = await temporaryFolder()
  await using store = await openSqliteStore({ path: join(folder.path, "records.db"), now })
  const [short, long] = [note(1, MARKER), note(2, MARKER.repeat(5_000))]
  await store.put([short, long, ...Array.from({ length: 200 }, (_, index) => note(10 + index, "other"))])
  expect((await search(folder.path, MARKER)).found).not.toEqual([])
  expect(await store.remove([short.id, long.id])).toBe(2)
  expect((await search(folder.path, MARKER)).found).toEqual([])
})

test("what was superseded is gone from every page, and from the log soon after", async () => {
  await using folder = await temporaryFolder()
  await using store = await openSqliteStore({ path: join(folder.path, "records.db"), now })
  await store.put([note(1, MARKER.repeat(500), REPLACEABLE), ...Array.from({ length: 200 }, (_, index) => note(10 + index, "other"))])
  await store.put([note(2, "newer", REPLACEABLE)])
  await expect.poll(async () => (await search(folder.path, MARKER)).found, { timeout: 5_000, interval: 100 }).toEqual([])
})

/** The pages of a file as they are behind the encryption, free ones too. */
async function decrypted(path: string): Promise<Buffer> {
  await using folder = await temporaryFolder()
  const copy = join(folder.path, "copy.db")
  await copyFile(path, copy)
  const database = new Database(copy)
  database.pragma("cipher = 'aegis'")
  database.pragma(`key = 'raw:${Buffer.from(KEY).toString("hex")}'`)
  database.pragma("journal_mode = DELETE")
  database.pragma("rekey = ''")
  database.close()
  return await readFile(copy)
}

const retractionOf = (number: number, ...targets: readonly ReturnType<typeof note>[]): ReturnType<typeof note> =>
  forgeRecord({
    author: forgedKey(1),
    kind: retractionKind("everybody"),
    nonce: BigInt(number),
    timestamp: BigInt(number),
    tags: targets.map(({ id }) => retractsTag(id)),
  })

test("what was retracted is gone from every decrypted page, and from the log soon after", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "records.db")
  await using store = await openSqliteStore({ path, key: KEY, now })
  const [short, long] = [note(1, MARKER), note(2, MARKER.repeat(5_000))]
  await store.put([short, long, ...Array.from({ length: 200 }, (_, index) => note(10 + index, "other"))])
  // Into the file with it: otherwise the pages would only be in the log, which is emptied anyway.
  const other = note(500, "to be removed")
  await store.put([other])
  await store.remove([other.id])
  expect((await decrypted(path)).includes(MARKER)).toBe(true)
  await store.put([retractionOf(600, short, long)])
  await expect.poll(async () => (await stat(`${path}-wal`)).size, { timeout: 5_000, interval: 50 }).toBe(0)
  const pages = await decrypted(path)
  expect(pages.includes("SQLite format 3")).toBe(true)
  expect(pages.includes("other")).toBe(true)
  expect(pages.includes(MARKER)).toBe(false)
  expect(pages.includes(Buffer.from(tagKey({ type: 0x8001, value: encodeUtf8(MARKER) })))).toBe(false)
})

test("what expired is gone from every decrypted page soon after its time", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "records.db")
  await using store = await openSqliteStore({ path, key: KEY, now: () => timestampFromUnixMillis(Date.now()) })
  const at = timestampFromUnixMillis(Date.now() + 300)
  const record = forgeRecord({
    author: forgedKey(1),
    kind: UNIQUE,
    nonce: 1n,
    timestamp: 1n,
    tags: [expiresTag(at)],
    payload: encodeUtf8(MARKER.repeat(900)),
  })
  await store.put([record, ...Array.from({ length: 200 }, (_, index) => note(10 + index, "other"))])
  expect(await store.get([record.id])).toHaveLength(1)
  await expect.poll(async () => (await stat(`${path}-wal`)).size, { timeout: 5_000, interval: 50 }).toBe(0)
  expect((await decrypted(path)).includes(MARKER)).toBe(false)
  expect(await store.get([record.id])).toEqual([])
})
