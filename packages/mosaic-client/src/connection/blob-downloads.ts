import { type BlobResult, RESULT, toHex } from "@tessera/mosaic"
import { BlobRefusedError, BlobTooLargeError } from "../errors.ts"
import { BlobInlet } from "./blob-inlet.ts"

/** Bytes of one blob that wait to be taken. */
const QUEUED_BYTES = 256 * 1024
/** BLOB Gets on their way; further ones wait. */
const MOST = 4

/** A blob that was asked for. */
export interface Download {
  readonly hash: Uint8Array
  readonly maxBytes: number
  readonly inlet: BlobInlet
  /** Nobody waits for it any more; its answer still has its place. */
  isGivenUp: boolean
}

/** The blobs that a connection has asked for. Answers are told apart by their hash, those to the same question by their order. */
export class BlobDownloads {
  readonly #waiting = new Map<string, Download[]>()
  readonly #room: (() => void)[] = []
  #count = 0
  /** Whose content is coming. */
  #current: Download | undefined
  #isClosed = false

  get current(): Download | undefined {
    return this.#current
  }

  /** Resolves when another blob may be asked for. */
  async room(): Promise<void> {
    while (this.#count >= MOST && !this.#isClosed) await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  /** Expects the answer of a BLOB Get that is about to be sent. */
  expect(hash: Uint8Array, maxBytes: number): Download {
    const download: Download = { hash, maxBytes, inlet: new BlobInlet(QUEUED_BYTES), isGivenUp: false }
    const key = toHex(hash)
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), download])
    this.#count += 1
    return download
  }

  /** Takes the header of an answer. False when nobody has asked. */
  begin({ hash, result, length }: BlobResult): boolean {
    const key = toHex(hash)
    const [download, ...others] = this.#waiting.get(key) ?? []
    this.#current = undefined
    if (download === undefined) return false
    if (others.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, others)
    if (result !== RESULT.SUCCESS) download.inlet.fail(new BlobRefusedError(result))
    else if (length > download.maxBytes) download.inlet.fail(new BlobTooLargeError(length, download.maxBytes))
    else if (!download.isGivenUp) this.#current = download
    if (this.#current === undefined) this.#free()
    return true
  }

  /** The server knows no BLOB Get: gives up the one that waits longest. False when none waits. */
  unrecognized(): boolean {
    const [longest] = this.#waiting.values()
    const [first] = longest ?? []
    return first !== undefined && this.begin({ type: "blobResult", result: RESULT.UNDEFINED, length: 0, hash: first.hash })
  }

  /** The last piece of the current blob has come. */
  end(): void {
    if (this.#current === undefined) return
    this.#current.inlet.end()
    this.#current = undefined
    this.#free()
  }

  fail(error: unknown): void {
    this.#isClosed = true
    for (const { inlet } of [...this.#waiting.values()].flat()) inlet.fail(error)
    this.#current?.inlet.fail(error)
    this.#waiting.clear()
    for (const resolve of this.#room.splice(0)) resolve()
  }

  #free(): void {
    this.#count -= 1
    this.#room.shift()?.()
  }
}
