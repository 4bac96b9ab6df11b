import { type FileHandle, open } from "node:fs/promises"
import type { BlobHash } from "@tessera/mosaic"
import { BLOB_CHUNK_LENGTH, type OpenBlob } from "../port.ts"
import { damaged, diskFaultsClassed, isMissing } from "./fault.ts"
import { type BlobKeys, ChunkSeal, FILE_HEADER_LENGTH, TAG_LENGTH, chunkCount, readFileHeader, sealedLength } from "./seal.ts"

/** A blob's file that is being read. */
export class FileDownload implements OpenBlob {
  readonly length: number
  readonly #file: FileHandle
  readonly #seal: ChunkSeal
  readonly #first: Uint8Array

  private constructor(file: FileHandle, length: number, seal: ChunkSeal, first: Uint8Array) {
    this.#file = file
    this.length = length
    this.#seal = seal
    this.#first = first
  }

  /**
   * Opens a file and looks at its header, its length and its first chunk, so that most damage is told before anything was given.
   * @returns undefined when there is none.
   * @throws {StorageError} `corrupt`, or when the disk refuses.
   */
  static async open(path: string, keys: BlobKeys, hash: BlobHash): Promise<FileDownload | undefined> {
    return diskFaultsClassed(async () => {
      const file = await openExisting(path)
      if (file === undefined) return undefined
      try {
        const header = await readAt(file, 0, FILE_HEADER_LENGTH)
        const length = readFileHeader(header)
        if (length === undefined) throw damaged("its header")
        const { size } = await file.stat()
        if (size !== sealedLength(length)) throw damaged(`${size} bytes instead of ${sealedLength(length)}`)
        const seal = new ChunkSeal(keys, hash, header, length)
        return new FileDownload(file, length, seal, await readChunk(file, seal, 0, length))
      } catch (error) {
        await file.close()
        throw error
      }
    })
  }

  get pieces(): AsyncIterable<Uint8Array> {
    return this.#read()
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    const first = this.#first
    if (first.length > 0) yield first
    for (let number = 1; number < chunkCount(this.length); number += 1)
      yield await diskFaultsClassed(() => readChunk(this.#file, this.#seal, number, this.length))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r")
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function readChunk(file: FileHandle, seal: ChunkSeal, number: number, length: number): Promise<Uint8Array> {
  const content = Math.min(BLOB_CHUNK_LENGTH, length - number * BLOB_CHUNK_LENGTH)
  const at = FILE_HEADER_LENGTH + number * (BLOB_CHUNK_LENGTH + TAG_LENGTH)
  const chunk = seal.open(number, await readAt(file, at, content + TAG_LENGTH))
  if (chunk === undefined) throw damaged(`chunk ${number}`)
  return chunk
}

/** Exactly so many bytes. @throws {StorageError} `corrupt` when the file ends first. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) throw damaged("it ends too early")
    filled += bytesRead
  }
  return bytes
}
