import { type BlobHash, toHex } from "@tessera/mosaic"
import { BlobBudget, type Reservation, requireBlobLength } from "./budget.ts"
import { ContentCheck } from "./content-check.ts"
import { BLOB_CHUNK_LENGTH, type BlobOutcome, type BlobStore, type BlobWriter, DEFAULT_BLOB_BUDGET, type OpenBlob } from "./port.ts"
import { RepeatedUpload } from "./repeated-upload.ts"

/** Keeps blobs in memory, for tests and simulations. `budget` in bytes; 10 GiB when not given. */
export function openMemoryBlobs({ budget = DEFAULT_BLOB_BUDGET }: { readonly budget?: number } = {}): BlobStore {
  const contents = new Map<string, Uint8Array>()
  const room = new BlobBudget(budget)
  return {
    async begin(hash, length) {
      requireBlobLength(length)
      const check = await ContentCheck.begin(hash, length)
      if (contents.has(toHex(hash))) return new RepeatedUpload(check)
      return new MemoryUpload(check, room.reserve(length), (content) => {
        if (contents.has(toHex(hash))) return "duplicate"
        contents.set(toHex(hash), content)
        room.add(content.length)
        return "stored"
      })
    },
    async open(hash) {
      const content = contents.get(toHex(hash))
      return content === undefined ? undefined : reading(content)
    },
    has: async (hash) => contents.has(toHex(hash)),
    async remove(hash: BlobHash) {
      const content = contents.get(toHex(hash))
      if (content !== undefined) room.drop(content.length)
      return contents.delete(toHex(hash))
    },
    usage: () => room.usage,
    [Symbol.asyncDispose]: async () => {},
  }
}

class MemoryUpload implements BlobWriter {
  readonly #check: ContentCheck
  readonly #room: Reservation
  readonly #store: (content: Uint8Array) => BlobOutcome
  #pieces: Uint8Array[] = []

  constructor(check: ContentCheck, room: Reservation, store: (content: Uint8Array) => BlobOutcome) {
    this.#check = check
    this.#room = room
    this.#store = store
  }

  async write(bytes: Uint8Array): Promise<void> {
    const own = this.#check.take(bytes)
    try {
      this.#room.grow(this.#check.received)
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
    this.#pieces.push(Uint8Array.from(own))
  }

  async commit(): Promise<BlobOutcome> {
    try {
      if (!this.#check.holds()) return "mismatch"
      const content = new Uint8Array(Buffer.concat(this.#pieces))
      this.#room[Symbol.dispose]()
      return this.#store(content)
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pieces = []
    this.#room[Symbol.dispose]()
  }
}

const reading = (content: Uint8Array): OpenBlob => ({
  length: content.length,
  pieces: (async function* () {
    for (let at = 0; at < content.length; at += BLOB_CHUNK_LENGTH) yield Uint8Array.from(content.subarray(at, at + BLOB_CHUNK_LENGTH))
  })(),
  [Symbol.asyncDispose]: async () => {},
})
