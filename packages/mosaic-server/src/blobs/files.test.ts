import { execFileSync } from "node:child_process"
import { copyFile, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type BlobHash, equalBytes, hashBlob, toHex } from "@tessera/mosaic"
import { describe, expect, test } from "vitest"
import { temporaryFolder } from "../store/contract/folder.ts"
import { contentOf, download, upload } from "./contract/content.ts"
import { blobStoreContract } from "./contract/suite.ts"
import { openFileBlobs } from "./files.ts"
import { BLOB_CHUNK_LENGTH } from "./port.ts"

const KEY = new Uint8Array(32).fill(8)
const MARKER = "the-marker-that-nobody-may-find "
const SEALED_CHUNK = BLOB_CHUNK_LENGTH + 16
const HEADER = 48

blobStoreContract("in sealed files", {
  place: async () => {
    const folder = await temporaryFolder()
    return {
      open: async (options) => await openFileBlobs({ folder: join(folder.path, "blobs"), key: KEY, ...options }),
      [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
    }
  },
})

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

describe("what lies on the disk", () => {
  test("shows neither content nor hash, while it is written and afterwards, and is for its owner alone", async () => {
    await using folder = await temporaryFolder()
    await using store = await openFileBlobs({ folder: folder.path, key: KEY })
    const content = Buffer.from(MARKER.repeat(10_000))
    const hash = await hashBlob(content)
    const needles = [MARKER, Buffer.from(hash), toHex(hash), Buffer.from(hash).toString("base64url")]
    const found = async (): Promise<boolean[]> => {
      const files = await filesIn(folder.path)
      expect(files).toHaveLength(1)
      const bytes = Buffer.concat([Buffer.from(files.join("\n")), ...(await Promise.all(files.map((file) => readFile(file))))])
      return needles.map((needle) => bytes.includes(needle))
    }
    await using writer = await store.begin(hash, content.length)
    await writer.write(content)
    expect(await found()).toEqual([false, false, false, false])
    expect(await writer.commit()).toBe("stored")
    expect(await found()).toEqual([false, false, false, false])
    const [file = ""] = await filesIn(folder.path)
    expect((await stat(file)).mode & 0o077).toBe(0)
    // The search finds what is there.
    await writeFile(join(folder.path, "incoming", "open"), content)
    await expect(found()).rejects.toThrow()
  })

  test("is other bytes for the same content each time, and unreadable with another key", async () => {
    await using folder = await temporaryFolder()
    const content = contentOf(1_000)
    const hash = await hashBlob(content)
    const bytesUnder = async (key: Uint8Array, name: string): Promise<Buffer> => {
      await using store = await openFileBlobs({ folder: join(folder.path, name), key })
      await upload(store, content)
      const [file = ""] = await filesIn(join(folder.path, name))
      return await readFile(file)
    }
    const [one, two] = [await bytesUnder(KEY, "one"), await bytesUnder(KEY, "two")]
    expect(one.length).toBe(two.length)
    expect(one.subarray(HEADER).equals(two.subarray(HEADER))).toBe(false)
    await using other = await openFileBlobs({ folder: join(folder.path, "one"), key: new Uint8Array(32).fill(9) })
    expect(await other.open(hash)).toBeUndefined()
    await expect(openFileBlobs({ folder: folder.path, key: new Uint8Array(16) })).rejects.toThrow(RangeError)
  })

  test("is swept of what was half written when it is opened, and of nothing else", async () => {
    await using folder = await temporaryFolder()
    const content = contentOf(200_000)
    {
      await using store = await openFileBlobs({ folder: folder.path, key: KEY })
      await upload(store, content)
    }
    // As the last run left it.
    await writeFile(join(folder.path, "incoming", "half"), contentOf(5))
    await writeFile(join(folder.path, "notes.txt"), "mine")
    await using store = await openFileBlobs({ folder: folder.path, key: KEY })
    expect(await filesIn(folder.path)).toHaveLength(2)
    expect(store.usage().blobs).toBe(1)
    expect(equalBytes((await download(store, await hashBlob(content))) ?? contentOf(1), content)).toBe(true)
  })
})

describe("a damaged file", () => {
  const content = contentOf(3 * BLOB_CHUNK_LENGTH + 100)

  /** Damages the one file, and says how many bytes of it are still given before the store says that it is corrupt. */
  async function readAfter(damage: (file: string) => Promise<void>): Promise<number> {
    await using folder = await temporaryFolder()
    await using store = await openFileBlobs({ folder: folder.path, key: KEY })
    await upload(store, content)
    const [file = ""] = await filesIn(folder.path)
    await damage(file)
    let given = 0
    const reading = async (): Promise<void> => {
      await using blob = await store.open(await hashBlob(content))
      for await (const piece of blob?.pieces ?? []) {
        expect(equalBytes(piece, content.subarray(given, given + piece.length))).toBe(true)
        given += piece.length
      }
    }
    await expect(reading()).rejects.toMatchObject({ name: "StorageError", reason: "corrupt" })
    return given
  }

  const change =
    (act: (bytes: Buffer) => Uint8Array) =>
    async (file: string): Promise<void> =>
      writeFile(file, act(await readFile(file)))
  const flip = (at: number) =>
    change((bytes) => {
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      return bytes
    })
  const chunk = (bytes: Buffer, number: number): Buffer =>
    bytes.subarray(HEADER + number * SEALED_CHUNK, HEADER + (number + 1) * SEALED_CHUNK)

  test("gives only what is still good of it", async () => {
    expect(await readAfter(flip(HEADER + 5))).toBe(0)
    expect(await readAfter(flip(HEADER + 2 * SEALED_CHUNK + 5))).toBe(2 * BLOB_CHUNK_LENGTH)
    expect(await readAfter(flip(HEADER + 3 * SEALED_CHUNK - 1))).toBe(2 * BLOB_CHUNK_LENGTH)
    // Magic, salt, length.
    for (const at of [0, 7, 8, 39, 40, 47]) expect(await readAfter(flip(at)), `byte ${at}`).toBe(0)
  })

  test("is noticed when chunks are moved, repeated, left out or cut off", async () => {
    const swapped = (bytes: Buffer): Buffer =>
      Buffer.concat([bytes.subarray(0, HEADER), chunk(bytes, 0), chunk(bytes, 2), chunk(bytes, 1), chunk(bytes, 3)])
    const repeated = (bytes: Buffer): Buffer =>
      Buffer.concat([bytes.subarray(0, HEADER), chunk(bytes, 0), chunk(bytes, 0), chunk(bytes, 2), chunk(bytes, 3)])
    expect(await readAfter(change(swapped))).toBe(BLOB_CHUNK_LENGTH)
    expect(await readAfter(change(repeated))).toBe(BLOB_CHUNK_LENGTH)
    expect(
      await readAfter(change((bytes) => Buffer.concat([bytes.subarray(0, HEADER + SEALED_CHUNK), chunk(bytes, 2), chunk(bytes, 3)]))),
    ).toBe(0)
    expect(await readAfter((file) => truncate(file, HEADER + 2 * SEALED_CHUNK))).toBe(0)
    expect(await readAfter((file) => truncate(file, 3))).toBe(0)
    // Cut off at a chunk, with a header that says so: the header is part of the key.
    const shortened = (bytes: Buffer): Buffer => {
      const short = Buffer.from(bytes.subarray(0, HEADER + 2 * SEALED_CHUNK))
      short.writeBigUInt64LE(BigInt(2 * BLOB_CHUNK_LENGTH), 40)
      return short
    }
    expect(await readAfter(change(shortened))).toBe(0)
  })

  test("is one blob's file under another's name as well", async () => {
    await using folder = await temporaryFolder()
    await using store = await openFileBlobs({ folder: folder.path, key: KEY })
    const [one, two] = [contentOf(500, 1), contentOf(500, 2)]
    await upload(store, one)
    const [first = ""] = await filesIn(folder.path)
    await upload(store, two)
    const second = (await filesIn(folder.path)).find((file) => file !== first) ?? ""
    await copyFile(first, second)
    await expect(store.open(await hashBlob(two))).rejects.toMatchObject({ reason: "corrupt" })
    // Removed, it can be brought again.
    expect(await store.remove(await hashBlob(two))).toBe(true)
    expect(await upload(store, two)).toBe("stored")
  })
})

test("a full disk is said, keeps what was promised, and nothing by halves; with room again, all goes on", async (context) => {
  await using folder = await temporaryFolder()
  const disk = join(folder.path, "disk")
  await mkdir(disk)
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], { stdio: "ignore" })
  } catch {
    return context.skip("only root can mount a small disk")
  }
  await using mounted = new AsyncDisposableStack()
  mounted.defer(() => void execFileSync("umount", [disk]))
  const stored: BlobHash[] = []
  await using store = await openFileBlobs({ folder: disk, key: KEY })
  for (let seed = 0; ; seed += 1) {
    const content = contentOf(400_000, seed)
    const outcome = await upload(store, content).catch((error: unknown) => error)
    if (outcome !== "stored") {
      expect(outcome).toMatchObject({ name: "StorageError", reason: "full" })
      break
    }
    stored.push(await hashBlob(content))
  }
  expect(stored.length).toBeGreaterThan(4)
  expect(store.usage()).toMatchObject({ blobs: stored.length, reserved: 0 })
  expect(await filesIn(disk)).toHaveLength(stored.length)
  for (const hash of stored) expect(toHex(await hashBlob((await download(store, hash)) ?? contentOf(1)))).toBe(toHex(hash))
  const [first = await hashBlob(contentOf(1))] = stored
  expect(await store.remove(first)).toBe(true)
  expect(await upload(store, contentOf(400_000, 999))).toBe("stored")
})

test("a folder that is none is a StorageError", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "file")
  await writeFile(path, "")
  await expect(openFileBlobs({ folder: path, key: KEY })).rejects.toMatchObject({ name: "StorageError" })
  await using store = await openFileBlobs({ folder: join(folder.path, "blobs"), key: KEY })
  await rm(join(folder.path, "blobs"), { recursive: true })
  await expect(upload(store, contentOf(5))).rejects.toMatchObject({ name: "StorageError", reason: "failed" })
})
