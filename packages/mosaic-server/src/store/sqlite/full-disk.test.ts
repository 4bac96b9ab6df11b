import { execFileSync } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type VerifiedRecord, parseTimestamp } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { temporaryFolder } from "../contract/folder.ts"
import { forgeRecord, forgedKey } from "../contract/forged-record.ts"
import { type RecordStore, StorageError } from "../port.ts"
import { openSqliteStore } from "../sqlite.ts"

const KEY = new Uint8Array(32).fill(3)
const now = (): ReturnType<typeof parseTimestamp> => parseTimestamp(1n)
const PER_BATCH = 3

function batch(number: number, bytes: number): VerifiedRecord[] {
  return Array.from({ length: PER_BATCH }, (_, index) =>
    forgeRecord({
      author: forgedKey(1),
      kind: 0x1_0001_001cn,
      nonce: BigInt(number * 10 + index),
      timestamp: BigInt(number),
      payload: new Uint8Array(bytes),
    }),
  )
}

/** Puts batches until one is refused, and says how many were taken. */
async function fill(store: RecordStore, start: number): Promise<number> {
  for (let number = start; number < start + 10_000; number += 1) {
    try {
      await store.put(batch(number, 20_000))
    } catch (error) {
      expect(error).toBeInstanceOf(StorageError)
      expect(error).toMatchObject({ reason: "full" })
      return number - start
    }
  }
  throw new Error("the disk was never full")
}

async function sequences(store: RecordStore): Promise<number[]> {
  const last = await store.lastSequence()
  const found: number[] = []
  for await (const { sequence } of store.changes(0, { signal: AbortSignal.timeout(20_000) })) {
    found.push(sequence)
    if (sequence === last) break
  }
  return found
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** A file system of its own, where the machine lets us make one. */
async function smallDisk(folder: string): Promise<({ readonly path: string } & AsyncDisposable) | undefined> {
  const path = join(folder, "disk")
  await mkdir(path)
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", path], { stdio: "ignore" })
  } catch {
    return undefined
  }
  return { path, [Symbol.asyncDispose]: async () => void execFileSync("umount", [path]) }
}

test("a full disk is said, keeps what was promised, and nothing by halves; with room again, all goes on", async (context) => {
  await using folder = await temporaryFolder()
  await using disk = await smallDisk(folder.path)
  if (disk === undefined) return context.skip("only root can mount a small disk; the next test fills a file of limited size")
  const path = join(disk.path, "records.db")
  const filler = join(disk.path, "filler")
  await writeFile(filler, new Uint8Array(3_000_000))
  let taken: number
  {
    await using store = await openSqliteStore({ path, key: KEY, now })
    taken = await fill(store, 0)
    expect(taken).toBeGreaterThan(0)
    expect(await sequences(store)).toEqual(upTo(taken * PER_BATCH))
    // Refused again and again, and reading goes on.
    await expect(store.put(batch(taken, 200_000))).rejects.toMatchObject({ reason: "full" })
    expect((await store.query({}, { limit: 5 })).records.length).toBe(5)
    await rm(filler)
    expect((await store.put(batch(20_000, 20_000))).map(({ outcome }) => outcome)).toEqual(["stored", "stored", "stored"])
    taken += 1
    taken += await fill(store, 30_000)
    expect(await sequences(store)).toEqual(upTo(taken * PER_BATCH))
  }
  await using again = await openSqliteStore({ path, key: KEY, now })
  expect(await sequences(again)).toEqual(upTo(taken * PER_BATCH))
})

test("a file that may not grow: the batch is refused whole, small ones beside it are taken, removing makes room", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "records.db")
  await using store = await openSqliteStore({ path, key: KEY, now, maxPages: 200 })
  const small = Array.from({ length: 5 }, (_, index) => batch(index + 1, 100))
  const results = await Promise.allSettled([
    ...small.slice(0, 2).map(async (few) => await store.put(few)),
    store.put(batch(9, 500_000)),
    ...small.slice(2).map(async (few) => await store.put(few)),
  ])
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"])
  expect(await sequences(store)).toEqual(upTo(5 * PER_BATCH))
  const taken = await fill(store, 100)
  expect(taken).toBeGreaterThan(1)
  const { records } = await store.query({}, { limit: 20 })
  expect(await store.remove(records.slice(0, 6).map(({ record }) => record.id))).toBe(6)
  expect((await store.put(batch(9_999, 20_000))).map(({ outcome }) => outcome)).toEqual(["stored", "stored", "stored"])
})

test("a disk that is full from the start is said", async (context) => {
  await using folder = await temporaryFolder()
  await using disk = await smallDisk(folder.path)
  if (disk === undefined) return context.skip("only root can mount a small disk")
  await writeFile(join(disk.path, "filler"), new Uint8Array(7_000_000)).catch(() => {})
  await expect(openSqliteStore({ path: join(disk.path, "records.db"), key: KEY, now })).rejects.toMatchObject({ reason: "full" })
})
