import { randomUUID } from "node:crypto"
import { mkdir, open, opendir, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import type { BlobHash } from "@tessera/mosaic"
import { BlobBudget, requireBlobLength } from "./budget.ts"
import { ContentCheck } from "./content-check.ts"
import { FileDownload } from "./files/download.ts"
import { diskFaultsClassed, isMissing } from "./files/fault.ts"
import { type BlobKeys, ChunkSeal, FILE_HEADER_LENGTH, TAG_LENGTH, blobFileName, deriveBlobKeys, makeFileHeader } from "./files/seal.ts"
import { FileUpload } from "./files/upload.ts"
import {
  BLOB_CHUNK_LENGTH,
  type BlobOutcome,
  type BlobStore,
  type BlobUsage,
  type BlobWriter,
  DEFAULT_BLOB_BUDGET,
  type OpenBlob,
} from "./port.ts"
import { RepeatedUpload } from "./repeated-upload.ts"

/** Uploads that have not ended. */
const INCOMING = "incoming"
const NAME = /^[0-9a-f]{64}$/

/** Where blobs are kept, and under which key. */
export interface FileBlobsOptions {
  /** A folder for blobs alone, made when it is not there. Only one store may have it open: what it finds half-written there it removes. */
  readonly folder: string
  /** 32 bytes; contents and names are sealed with keys that are made of it. */
  readonly key: Uint8Array
  /** What all blobs may take of the disk, in bytes; 10 GiB when not given. */
  readonly budget?: number
}

/**
 * Keeps blobs in files: each sealed in authenticated chunks of 64 KiB, under a name that does not show its hash, written whole before it gets it.
 *
 * @throws {StorageError} when the folder cannot be used.
 * @throws {RangeError} when the key is not 32 bytes or the budget no number.
 */
export async function openFileBlobs({ folder, key, budget = DEFAULT_BLOB_BUDGET }: FileBlobsOptions): Promise<BlobStore> {
  const keys = deriveBlobKeys(key)
  const room = new BlobBudget(budget)
  await diskFaultsClassed(async () => {
    await rm(join(folder, INCOMING), { recursive: true, force: true })
    await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 })
    for await (const length of lengthsIn(folder)) room.add(length)
  })
  return new FileBlobs(folder, keys, room)
}

class FileBlobs implements BlobStore {
  readonly #folder: string
  readonly #keys: BlobKeys
  readonly #room: BlobBudget
  /** Subfolders that are durable. */
  readonly #lasting = new Set<string>()
  /** Names that are being given or taken away: one step at a time for each. */
  readonly #changing = new Map<string, Promise<void>>()

  constructor(folder: string, keys: BlobKeys, room: BlobBudget) {
    this.#folder = folder
    this.#keys = keys
    this.#room = room
  }

  async begin(hash: BlobHash, length: number): Promise<BlobWriter> {
    requireBlobLength(length)
    const check = await ContentCheck.begin(hash, length)
    if (await this.has(hash)) return new RepeatedUpload(check)
    const room = this.#room.reserve(length)
    const path = join(this.#folder, INCOMING, randomUUID())
    const header = makeFileHeader(length)
    const seal = new ChunkSeal(this.#keys, hash, header, length)
    return await FileUpload.begin({ path, header, seal, check, room, place: () => this.#place(path, hash, length) })
  }

  open(hash: BlobHash): Promise<OpenBlob | undefined> {
    return FileDownload.open(this.#path(hash), this.#keys, hash)
  }

  has(hash: BlobHash): Promise<boolean> {
    return diskFaultsClassed(async () => (await sizeOf(this.#path(hash))) !== undefined)
  }

  remove(hash: BlobHash): Promise<boolean> {
    return this.#alone(hash, async () => {
      const size = await sizeOf(this.#path(hash))
      if (size === undefined) return false
      await rm(this.#path(hash))
      this.#room.drop(contentLength(size))
      await syncFolder(this.#subfolder(hash))
      return true
    })
  }

  usage(): BlobUsage {
    return this.#room.usage
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #place(temporary: string, hash: BlobHash, length: number): Promise<BlobOutcome> {
    return this.#alone(hash, async () => {
      if (await this.has(hash)) {
        await rm(temporary)
        return "duplicate"
      }
      await mkdir(this.#subfolder(hash), { recursive: true, mode: 0o700 })
      // Its own name must be durable too, whoever has made it.
      if (!this.#lasting.has(this.#subfolder(hash))) await syncFolder(this.#folder)
      this.#lasting.add(this.#subfolder(hash))
      await rename(temporary, this.#path(hash))
      this.#room.add(length)
      await syncFolder(this.#subfolder(hash))
      return "stored"
    })
  }

  async #alone<Value>(hash: BlobHash, act: () => Promise<Value>): Promise<Value> {
    const name = this.#path(hash)
    const before = this.#changing.get(name)
    const { promise: mine, resolve } = Promise.withResolvers<void>()
    this.#changing.set(name, mine)
    try {
      await before
      return await diskFaultsClassed(act)
    } finally {
      resolve()
      if (this.#changing.get(name) === mine) this.#changing.delete(name)
    }
  }

  #subfolder(hash: BlobHash): string {
    return join(this.#folder, blobFileName(this.#keys, hash).slice(0, 2))
  }

  #path(hash: BlobHash): string {
    return join(this.#subfolder(hash), blobFileName(this.#keys, hash))
  }
}

/** The lengths of all blobs in a folder. What else may lie there is passed over. */
async function* lengthsIn(folder: string): AsyncGenerator<number, void, void> {
  for await (const sub of await opendir(folder)) {
    if (!sub.isDirectory() || !/^[0-9a-f]{2}$/.test(sub.name)) continue
    for await (const { name } of await opendir(join(folder, sub.name))) {
      const size = NAME.test(name) ? await sizeOf(join(folder, sub.name, name)) : undefined
      if (size !== undefined) yield contentLength(size)
    }
  }
}

/** What was sealed into a file of this size; its header says it as well, but need not be read for it. */
function contentLength(size: number): number {
  const sealed = Math.max(0, size - FILE_HEADER_LENGTH)
  return Math.max(0, sealed - Math.ceil(sealed / (BLOB_CHUNK_LENGTH + TAG_LENGTH)) * TAG_LENGTH)
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its file system writes names down by itself.
  if (process.platform === "win32") return
  await using folder = await open(path, "r")
  await folder.sync()
}
