import { type BlobHash, type BlobHasher, equalBytes, openBlobHasher } from "@tessera/mosaic"

/** Compares the content of an upload with what was announced, while it comes. */
export class ContentCheck {
  readonly #hash: BlobHash
  readonly #length: number
  readonly #hasher: BlobHasher
  #received = 0

  private constructor(hash: BlobHash, length: number, hasher: BlobHasher) {
    this.#hash = hash
    this.#length = length
    this.#hasher = hasher
  }

  static async begin(hash: BlobHash, length: number): Promise<ContentCheck> {
    return new ContentCheck(hash, length, await openBlobHasher())
  }

  /** Bytes that came so far and belong to the announced content. */
  get received(): number {
    return Math.min(this.#received, this.#length)
  }

  /** Takes the next piece. @returns what of it belongs to the announced content: nothing beyond its length does. */
  take(bytes: Uint8Array): Uint8Array {
    const own = bytes.subarray(0, Math.max(0, this.#length - this.#received))
    this.#received += bytes.length
    this.#hasher.update(own)
    return own
  }

  /** Whether all that came is what was announced. To be called once, at the end. */
  holds(): boolean {
    return this.#received === this.#length && equalBytes(this.#hasher.digest(), this.#hash)
  }
}
