import { readFile, readdir } from "node:fs/promises"
import { join } from "node:path"
import { encodeUtf8, parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { openSqliteStore } from "../sqlite.ts"

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
