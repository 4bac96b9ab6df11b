import { MAX_MESSAGE_LENGTH } from "./fields.ts"
import { FrameError, frameLength } from "./frame.ts"
import type { BlobPiece, Frame, FrameBounds, FramePart } from "./frame.ts"

const EMPTY = new Uint8Array(0)
const NO_CONTENT: BlobPiece = { type: "blobPiece", bytes: EMPTY, isLast: true }
const DEFAULT_MAX_BLOB = 16 * 1024 * 1024

/**
 * Cuts a byte stream into messages. Takes time linear in its input however that is chunked, and holds less than one message plus what it takes to grow,
 * never more than twice what was received. The content of blobs is handed out as it comes and never gathered.
 */
export class FrameReader {
  readonly #bounds: FrameBounds
  #pending: Uint8Array = EMPTY
  #filled = 0
  #missingContent = 0
  #failure: FrameError | undefined

  /** `maxFrame` is 16 MiB - 1 when not given, `maxBlob` 16 MiB. */
  constructor({ maxFrame = MAX_MESSAGE_LENGTH, maxBlob = DEFAULT_MAX_BLOB }: Partial<FrameBounds> = {}) {
    this.#bounds = { maxFrame, maxBlob }
  }

  /** Bytes received of a message that is not complete yet; content of blobs is not counted. */
  get pendingLength(): number {
    return this.#filled
  }

  /** Bytes still to come of the blob whose header came last. */
  get missingContent(): number {
    return this.#missingContent
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @returns the messages that they complete, in order; copies, so that `chunk` may be used again. After a header that a blob follows come the pieces of
   *   its content as far as they are there, at most one for each chunk, which are views into `chunk`.
   * @throws {FrameError} (a `DecodeError`) when a message announces a length beyond its bound or an impossible one, before any of it is kept. What was
   *   complete before it is in `frames`. Every later call throws as well.
   */
  push(chunk: Uint8Array): FramePart[] {
    if (this.#failure !== undefined) throw this.#failure
    const frames: FramePart[] = []
    let rest = chunk
    for (;;) {
      if (this.#missingContent > 0) {
        if (rest.length === 0) return frames
        const piece = this.#takeContent(rest)
        frames.push(piece)
        rest = rest.subarray(piece.bytes.length)
        continue
      }
      const head = this.#filled > 0 ? this.#pending.subarray(0, this.#filled) : rest
      const known = frameLength(head, this.#bounds)
      if ("fault" in known) {
        this.#pending = EMPTY
        this.#filled = 0
        this.#failure = new FrameError(known.fault, known.reason, [])
        throw new FrameError(known.fault, known.reason, frames)
      }
      const wanted = "needs" in known ? known.needs : known.length
      const missing = wanted - this.#filled
      if (rest.length < missing) {
        this.#keep(rest, wanted)
        return frames
      }
      if ("needs" in known) this.#keep(rest.subarray(0, missing), wanted)
      else {
        frames.push(this.#complete(rest.subarray(0, missing), wanted))
        this.#missingContent = known.content ?? 0
        if (known.content === 0) frames.push(NO_CONTENT)
      }
      rest = rest.subarray(missing)
    }
  }

  #takeContent(rest: Uint8Array): BlobPiece {
    const length = Math.min(rest.length, this.#missingContent)
    this.#missingContent -= length
    return { type: "blobPiece", bytes: new Uint8Array(rest.buffer, rest.byteOffset, length), isLast: this.#missingContent === 0 }
  }

  #complete(last: Uint8Array, length: number): Frame {
    if (this.#filled === 0) return toFrame(new Uint8Array(last))
    this.#keep(last, length)
    const bytes = this.#pending.length === length ? this.#pending : this.#pending.slice(0, length)
    this.#pending = EMPTY
    this.#filled = 0
    return toFrame(bytes)
  }

  /** Grows by doubling up to `wanted`: a peer that announces much and sends little costs little. */
  #keep(bytes: Uint8Array, wanted: number): void {
    const needed = this.#filled + bytes.length
    if (needed > this.#pending.length) {
      const grown = new Uint8Array(Math.min(Math.max(needed, 2 * this.#pending.length), Math.max(wanted, needed)))
      grown.set(this.#pending.subarray(0, this.#filled))
      this.#pending = grown
    }
    this.#pending.set(bytes, this.#filled)
    this.#filled = needed
  }
}

const toFrame = (bytes: Uint8Array): Frame => ({ type: bytes[0] ?? 0, bytes })
