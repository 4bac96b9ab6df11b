import { type FileHandle, open, rm } from "node:fs/promises"
import type { Reservation } from "../budget.ts"
import type { ContentCheck } from "../content-check.ts"
import { BLOB_CHUNK_LENGTH, type BlobOutcome, type BlobWriter } from "../port.ts"
import { diskFaultsClassed } from "./fault.ts"
import type { ChunkSeal } from "./seal.ts"

/** An upload into a temporary file, which gets its name when it is complete, right and durable. */
export class FileUpload implements BlobWriter {
  readonly #path: string
  readonly #file: FileHandle
  readonly #seal: ChunkSeal
  readonly #check: ContentCheck
  readonly #place: () => Promise<BlobOutcome>
  readonly #room: Reservation
  readonly #chunk = Buffer.alloc(BLOB_CHUNK_LENGTH)
  #filled = 0
  #chunks = 0
  #hasEnded = false

  private constructor(options: FileUploadOptions, file: FileHandle) {
    this.#path = options.path
    this.#seal = options.seal
    this.#check = options.check
    this.#place = options.place
    this.#room = options.room
    this.#file = file
  }

  /** Makes the temporary file. @throws {StorageError} when the disk refuses; nothing stays then. */
  static begin(options: FileUploadOptions): Promise<FileUpload> {
    return diskFaultsClassed(async () => {
      const upload = new FileUpload(options, await open(options.path, "wx", 0o600))
      await upload.#orDiscard(() => upload.#file.appendFile(options.header))
      return upload
    })
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#orDiscard(async () => {
      let rest = this.#check.take(bytes)
      this.#room.grow(this.#check.received)
      while (rest.length > 0) {
        // A full chunk waits for the byte after it: only then it is known not to be the last.
        if (this.#filled === BLOB_CHUNK_LENGTH) await this.#writeChunk()
        const taken = rest.subarray(0, BLOB_CHUNK_LENGTH - this.#filled)
        this.#chunk.set(taken, this.#filled)
        this.#filled += taken.length
        rest = rest.subarray(taken.length)
      }
    })
  }

  commit(): Promise<BlobOutcome> {
    return this.#orDiscard(async () => {
      if (!this.#check.holds()) {
        await this[Symbol.asyncDispose]()
        return "mismatch"
      }
      await this.#writeChunk()
      await this.#file.sync()
      await this.#file.close()
      const outcome = await this.#place()
      this.#end()
      return outcome
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return
    this.#end()
    // A file that cannot be removed now is swept away when the store is opened next.
    await this.#file.close().catch(() => undefined)
    await rm(this.#path, { force: true }).catch(() => undefined)
  }

  async #writeChunk(): Promise<void> {
    await this.#file.appendFile(this.#seal.seal(this.#chunks, this.#chunk.subarray(0, this.#filled)))
    this.#chunks += 1
    this.#filled = 0
  }

  async #orDiscard<Value>(act: () => Promise<Value>): Promise<Value> {
    try {
      return await diskFaultsClassed(act)
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  #end(): void {
    this.#hasEnded = true
    this.#chunk.fill(0)
    this.#room[Symbol.dispose]()
  }
}

export interface FileUploadOptions {
  /** Of the temporary file. */
  readonly path: string
  readonly header: Uint8Array
  readonly seal: ChunkSeal
  readonly check: ContentCheck
  /** Gives the complete, durable file its name, durably, or removes it when the blob is there already. */
  readonly place: () => Promise<BlobOutcome>
  /** Given back however the upload ends. */
  readonly room: Reservation
}
