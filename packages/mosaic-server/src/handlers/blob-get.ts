import { type BlobGet, type BlobHash, RESULT, type ResultCode, encodeMessage, parseBlobHash } from "@tessera/mosaic"
import type { BlobStore, OpenBlob } from "../blobs/port.ts"
import { OutboxClosedError } from "../connection/outbox.ts"
import type { Rate } from "../connection/rate.ts"
import { StorageError } from "../store/port.ts"
import { type HandlerContext, reply } from "./context.ts"

/** What a download holds in memory: a chunk, its sealed form, and what the transport has of it. */
const HELD_BYTES = 256 * 1024

/**
 * Answers the BLOB Gets of one connection, one after the other: the content of a blob goes out in one piece, so two could not go at the same time. It is
 * read from the store as fast as the peer takes it.
 */
export class BlobGets {
  readonly #context: HandlerContext
  readonly #blobs: BlobStore
  readonly #rate: Rate
  #waiting: { readonly hash: BlobHash; readonly before: Promise<void> }[] = []
  #answering: Promise<void> | undefined

  /** @param rate that of the connection's queries. */
  constructor(context: HandlerContext, blobs: BlobStore, rate: Rate) {
    this.#context = context
    this.#blobs = blobs
    this.#rate = rate
  }

  /** Whether a blob is being sent, or waits to be. */
  get isBusy(): boolean {
    return this.#answering !== undefined
  }

  /** Takes a Get, or refuses it. @param before what it must wait for, so that its sender gets what they have submitted. */
  async take({ hash: bytes }: BlobGet, before: Promise<void>): Promise<void> {
    const hash = parseBlobHash(bytes)
    const { policy, peer, limits } = this.#context
    const heard = policy.hear?.(peer, { type: "blobGet", bytes: 0 })
    if (heard?.ok === false) return this.#refuse(hash, heard.code)
    if (!this.#rate.take() || this.#waiting.length >= limits.blobGets) return this.#refuse(hash, RESULT.TOO_FAST)
    this.#waiting.push({ hash, before })
    this.#answering ??= this.#answerAll()
  }

  /** Resolves when all are answered. */
  async settled(): Promise<void> {
    while (this.#answering !== undefined) await this.#answering
  }

  /** The connection has ended: forgets those that wait. Resolves when no blob is open any more. */
  async close(): Promise<void> {
    this.#waiting = []
    await this.settled()
  }

  async #answerAll(): Promise<void> {
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        await next.before
        await this.#answer(next.hash)
      }
    } catch (error) {
      // The connection is gone: there is nobody to tell.
      this.#waiting = []
      if (!(error instanceof OutboxClosedError)) this.#context.onEvent({ type: "failed", doing: "sending a blob", error })
    } finally {
      this.#answering = undefined
    }
  }

  async #answer(hash: BlobHash): Promise<void> {
    let opened: OpenBlob | undefined
    try {
      opened = await this.#blobs.open(hash)
    } catch (error) {
      this.#context.onEvent({ type: "failed", doing: "opening a blob", error })
      const isDamaged = error instanceof StorageError && error.reason === "corrupt"
      return this.#refuse(hash, isDamaged ? RESULT.PERSISTENT_ERROR : RESULT.TEMPORARY_ERROR)
    }
    if (opened === undefined) return this.#refuse(hash, RESULT.NOT_FOUND)
    await using blob = opened
    const { memory, outbox } = this.#context
    memory.add(HELD_BYTES)
    try {
      await outbox.stream(
        encodeMessage({ type: "blobResult", result: RESULT.SUCCESS, length: blob.length, hash }),
        this.#watched(blob.pieces),
      )
    } finally {
      memory.add(-HELD_BYTES)
    }
  }

  /** What cannot be read to its end can only be told by ending the connection: its length is announced already. */
  async *#watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* pieces
    } catch (error) {
      this.#context.onEvent({ type: "failed", doing: "reading a blob", error })
      throw error
    }
  }

  #refuse(hash: BlobHash, result: ResultCode): Promise<void> {
    return reply(this.#context, { type: "blobResult", result, length: 0, hash })
  }
}
