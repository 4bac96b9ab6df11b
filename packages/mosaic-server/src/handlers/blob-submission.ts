import { type BlobHash, type BlobPiece, type BlobSubmission, RESULT, type ResultCode, parseBlobHash } from "@tessera/mosaic"
import type { BlobOutcome, BlobStore, BlobWriter } from "../blobs/port.ts"
import type { Rate } from "../connection/rate.ts"
import { type Refusal, refuse } from "../policy/policy.ts"
import { type HandlerContext, reply } from "./context.ts"

/** What an upload holds in memory: the chunk that is being filled, its sealed form, the hasher. */
const HELD_BYTES = 256 * 1024

const CODES: Readonly<Record<BlobOutcome, ResultCode>> = { stored: RESULT.ACCEPTED, duplicate: RESULT.DUPLICATE, mismatch: RESULT.INVALID }

/**
 * Takes the blobs of one connection: judged by their header, hashed and written as they come, answered when they are durable. What is refused is
 * answered at once, and its content, which a peer cannot take back any more, read and thrown away.
 */
export class BlobIntake {
  readonly #context: HandlerContext
  readonly #blobs: BlobStore
  readonly #rate: Rate
  /** The blob whose content is coming; undefined while the content of a refused one is. */
  #current: { readonly hash: BlobHash; readonly writer: BlobWriter } | undefined
  readonly #committing = new Set<Promise<void>>()

  constructor(context: HandlerContext, blobs: BlobStore, rate: Rate) {
    this.#context = context
    this.#blobs = blobs
    this.#rate = rate
  }

  /** Whether an upload is not answered yet. */
  get isBusy(): boolean {
    return this.#current !== undefined || this.#committing.size > 0
  }

  /** Resolves when all blobs that have come whole are durable or refused, so that their sender can get them. */
  async settled(): Promise<void> {
    await Promise.all(this.#committing)
  }

  /**
   * Looks at the header of a blob. Resolves when its content may be read.
   * @returns the refusal with which the connection has to end, when the content is too much to be thrown away.
   */
  async begin({ hash: bytes, length }: BlobSubmission): Promise<Refusal | undefined> {
    const { limits, peer, onEvent, memory } = this.#context
    const hash = parseBlobHash(bytes)
    const begun = (await this.#refusal(hash, length)) ?? (await this.#open(hash, length))
    if (!("ok" in begun)) {
      this.#current = { hash, writer: begun }
      memory.add(HELD_BYTES)
      return undefined
    }
    onEvent({ type: "refused", peer, code: begun.code, reason: begun.reason })
    await this.#answer(hash, begun.code)
    return length > limits.skippedBlobBytes ? begun : undefined
  }

  /** Takes some content of the blob whose header came last. Resolves when more may be read. */
  async take({ bytes, isLast }: BlobPiece): Promise<void> {
    const current = this.#current
    if (current === undefined) return
    try {
      await current.writer.write(bytes)
    } catch (error) {
      await this.#giveUp()
      await this.#answer(current.hash, this.#failed(error))
      return
    }
    if (!isLast) return
    this.#current = undefined
    const committing = this.#commit(current.hash, current.writer).finally(() => this.#committing.delete(committing))
    this.#committing.add(committing)
    while (this.#committing.size >= this.#context.limits.blobsInFlight) await Promise.race(this.#committing)
  }

  /** The connection has ended: drops the upload that was not complete. Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    await this.#giveUp()
    await this.settled()
  }

  async #refusal(hash: BlobHash, length: number): Promise<Refusal | undefined> {
    const { policy, peer, directory, limits, onEvent } = this.#context
    if (!this.#rate.take()) return refuse(RESULT.TOO_FAST, "too many submissions")
    const heard = policy.hear?.(peer, { type: "blobSubmission", bytes: length })
    if (heard?.ok === false) return heard
    if (length > limits.blobBytes) return refuse(RESULT.TOO_LARGE, `a blob of ${length} bytes, where ${limits.blobBytes} are allowed`)
    try {
      const verdict = await policy.admitBlob?.({ hash, length }, peer, directory)
      if (verdict === undefined) return refuse(RESULT.UNAUTHORIZED, "no policy takes blobs")
      return verdict.ok ? undefined : verdict
    } catch (error) {
      onEvent({ type: "failed", doing: "judging a blob", error })
      return refuse(RESULT.TEMPORARY_ERROR, "judging it failed")
    }
  }

  async #open(hash: BlobHash, length: number): Promise<BlobWriter | Refusal> {
    try {
      return await this.#blobs.begin(hash, length)
    } catch (error) {
      return refuse(this.#failed(error), "storing it failed")
    }
  }

  async #commit(hash: BlobHash, writer: BlobWriter): Promise<void> {
    let code: ResultCode
    try {
      code = CODES[await writer.commit()]
    } catch (error) {
      code = this.#failed(error)
    }
    this.#context.memory.add(-HELD_BYTES)
    if (code === RESULT.INVALID)
      this.#context.onEvent({ type: "refused", peer: this.#context.peer, code, reason: "a blob that does not have its hash" })
    await this.#answer(hash, code)
  }

  #failed(error: unknown): ResultCode {
    this.#context.onEvent({ type: "failed", doing: "storing a blob", error })
    return RESULT.TEMPORARY_ERROR
  }

  async #giveUp(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    if (current === undefined) return
    this.#context.memory.add(-HELD_BYTES)
    await current.writer[Symbol.asyncDispose]()
  }

  /** When the connection is gone nobody waits for the answer any more; what was stored is stored. */
  async #answer(hash: BlobHash, result: ResultCode): Promise<void> {
    await reply(this.#context, { type: "blobSubmissionResult", result, hash }).catch(() => {})
  }
}
