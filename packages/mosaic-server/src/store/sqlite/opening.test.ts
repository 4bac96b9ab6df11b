import { copyFile, readFile, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import Database from "better-sqlite3-multiple-ciphers"
import { parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { type RecordStore, StorageError } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"
import { SCHEMA_VERSION } from "./schema.ts"

const KEY = new Uint8Array(32).fill(1)
const OTHER_KEY = new Uint8Array(32).fill(2)
const now = (): ReturnType<typeof parseTimestamp> => parseTimestamp(1n)
const some = Array.from({ length: 300 }, (_, index) =>
  forgeRecord({
    author: forgedKey(1),
    kind: 0x1_0001_001cn,
    nonce: BigInt(index),
    timestamp: BigInt(index),
    payload: new Uint8Array(500).fill(index),
  }),
)

async function open(path: string, key?: Uint8Array): Promise<RecordStore> {
  return await openSqliteStore({ path, now, ...(key !== undefined && { key }) })
}

async function reasonOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening
    return "none"
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError)
    return error instanceof StorageError ? error.reason : ""
  }
}

async function written(path: string, key?: Uint8Array): Promise<void> {
  await using store = await open(path, key)
  await store.put(some)
}

test("only its owner can read the files", async () => {
  await using folder = await temporaryFolder()
  await using store = await open(join(folder.path, "r.db"), KEY)
  await store.put(some)
  const names = await readdir(folder.path)
  expect(names.sort()).toEqual(["r.db", "r.db-shm", "r.db-wal"])
  for (const name of names) expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o600)
})

test("a closed store leaves one file behind", async () => {
  await using folder = await temporaryFolder()
  await written(join(folder.path, "r.db"), KEY)
  expect(await readdir(folder.path)).toEqual(["r.db"])
})

test("another key, a key too many and a missing key are refused, and change nothing", async () => {
  await using folder = await temporaryFolder()
  const [sealed, plain] = [join(folder.path, "sealed.db"), join(folder.path, "plain.db")]
  await written(sealed, KEY)
  await written(plain)
  const before = [await readFile(sealed), await readFile(plain)]
  expect(await reasonOf(open(sealed, OTHER_KEY))).toBe("wrongKey")
  expect(await reasonOf(open(sealed))).toBe("wrongKey")
  expect(await reasonOf(open(plain, KEY))).toBe("wrongKey")
  await expect(open(sealed, KEY.subarray(1))).rejects.toThrow(RangeError)
  expect([await readFile(sealed), await readFile(plain)]).toEqual(before)
  await using store = await open(sealed, KEY)
  expect(await store.lastSequence()).toBe(some.length)
})

test.each([
  ["encrypted", KEY],
  ["plain", undefined],
])("a newer version is refused and left as it is (%s)", async (_, key) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "r.db")
  await written(path, key)
  const raw = rawly(path, key)
  raw.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
  raw.close()
  const before = await readFile(path)
  expect(await reasonOf(open(path, key))).toBe("newerVersion")
  expect(await readFile(path)).toEqual(before)
})

test("a newer version whose program was killed is refused too, with its log left as it is", async () => {
  await using folder = await temporaryFolder()
  const [path, copy] = [join(folder.path, "r.db"), join(folder.path, "copy.db")]
  await written(path, KEY)
  const raw = rawly(path, KEY)
  raw.pragma("journal_mode = WAL")
  raw.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
  for (const suffix of ["", "-wal", "-shm"]) await copyFile(path + suffix, copy + suffix)
  raw.close()
  const before = [await readFile(copy), await readFile(`${copy}-wal`)]
  expect(before[1]?.length).toBeGreaterThan(0)
  expect(await reasonOf(open(copy, KEY))).toBe("newerVersion")
  expect([await readFile(copy), await readFile(`${copy}-wal`)]).toEqual(before)
})

test("the database of another program is refused", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "other.db")
  const raw = rawly(path)
  raw.exec("CREATE TABLE bookmark (url TEXT)")
  raw.close()
  expect(await reasonOf(open(path))).toBe("failed")
})

test.each([
  ["cut off", (bytes: Buffer) => bytes.subarray(0, 9_000)],
  ["cut to nothing but a beginning", (bytes: Buffer) => bytes.subarray(0, 100)],
  ["overwritten", (bytes: Buffer) => Buffer.alloc(bytes.length, "not a database ")],
  [
    "of which each later page is damaged",
    (bytes: Buffer) => bytes.map((byte, index) => (index > 4_096 && index % 1_000 === 7 ? byte ^ 1 : byte)),
  ],
])("a file that was %s is said to be damaged, when it is opened or when it is read", async (_, damage) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "r.db")
  await written(path, KEY)
  await writeFile(path, damage(await readFile(path)))
  const reading = async (): Promise<void> => {
    await using store = await open(path, KEY)
    for await (const stored of store.changes(0, { signal: AbortSignal.timeout(5_000) })) if (stored.sequence === some.length) return
  }
  expect(await reasonOf(reading())).toBe("corrupt")
})

test("a folder that is not there, or is a file's place, is said", async () => {
  await using folder = await temporaryFolder()
  expect(await reasonOf(open(join(folder.path, "missing", "r.db"), KEY))).toBe("failed")
  expect(await reasonOf(open(folder.path, KEY))).toBe("failed")
})

function rawly(path: string, key?: Uint8Array): Database.Database {
  const database = new Database(path)
  if (key !== undefined) database.pragma("cipher = 'aegis'")
  if (key !== undefined) database.pragma(`key = 'raw:${Buffer.from(key).toString("hex")}'`)
  return database
}
