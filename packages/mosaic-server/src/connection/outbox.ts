import type { ByteChannel } from "@tessera/mosaic"
import { type Sleep, inTime } from "./sleep.ts"

/** Frames are gathered into pieces of about this size, so that small ones do not cost a system call each. */
const PIECE_BYTES = 64 * 1024
/** What a frame that waits takes beside its bytes: answers may be of 8 bytes, and who does not read could have tens of thousands of them wait. */
export const ENTRY_BYTES = 512

interface Entry {
  readonly frame: Uint8Array
  /** Written over the query id of a shared frame on its way out. */
  readonly queryId: number | undefined
  /** The query that it answers: dropped with it. */
  readonly owner: object | undefined
  readonly isLive: boolean
  dropped: boolean
  /** What follows the frame, and is fetched when it is its turn. */
  readonly content?: Content
}

interface Content {
  readonly pieces: AsyncIterable<Uint8Array>
  /** Called once, when all is written or nothing more will be. */
  readonly onEnd: () => void
}

export interface OutboxOptions {
  readonly answerBytes: number
  readonly liveBytes: number
  readonly writeMs: number
  readonly sleep: Sleep
  /** Told of bytes that wait from now on, or (negative) not any more. */
  readonly onHeld?: (bytes: number) => void
  /** Called once when the peer does not read, or the connection broke. */
  readonly onFailure: (reason: string) => void
}

/** The connection cannot be written to any more. */
export class OutboxClosedError extends Error {
  override readonly name = "OutboxClosedError"
}

/**
 * What waits to be written to one connection, in order and bounded: who makes answers waits for room, what is live is refused when there is none.
 */
export class Outbox {
  readonly #channel: ByteChannel
  readonly #options: OutboxOptions
  #queue: Entry[] = []
  #answerBytes = 0
  #liveBytes = 0
  #writing: Promise<void> | undefined
  #closed = false
  readonly #waiting: (() => void)[] = []

  constructor(channel: ByteChannel, options: OutboxOptions) {
    this.#channel = channel
    this.#options = options
  }

  /** What waits takes so much memory, live and answers, in bytes. */
  get pendingBytes(): number {
    return this.#answerBytes + this.#liveBytes
  }

  /**
   * Queues an answer and waits until there is room for the next one, or it is dropped.
   * @throws {OutboxClosedError} when the connection ends first.
   */
  async send(frame: Uint8Array, owner?: object): Promise<void> {
    const entry: Entry = { frame, queryId: undefined, owner, isLive: false, dropped: false }
    this.#push(entry)
    while (!this.#closed && !entry.dropped && this.#answerBytes > this.#options.answerBytes)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#closed) throw new OutboxClosedError()
  }

  /**
   * Queues a frame and the content that belongs to it. The content is fetched when its turn has come, a piece when the one before is written, so that
   * nothing of it waits here. Resolves when all is written. When `content` throws, the connection fails: a frame cannot end before its length.
   * @throws {OutboxClosedError} when the connection ends first.
   */
  async stream(frame: Uint8Array, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#push({ frame, queryId: undefined, owner: undefined, isLive: false, dropped: false, content: { pieces: content, onEnd: resolve } })
    await promise
    if (this.#closed) throw new OutboxClosedError()
  }

  /** Queues an answer without waiting: for those of which there is one per subscription at most. */
  post(frame: Uint8Array, owner?: object): void {
    if (!this.#closed) this.#push({ frame, queryId: undefined, owner, isLive: false, dropped: false })
  }

  /**
   * Queues a new record for a subscription. `frame` is shared with other connections and not changed; its query id is put in on the way out.
   * @returns false when the peer is too far behind. One record may always wait, however large.
   */
  offer(frame: Uint8Array, queryId: number, owner: object): boolean {
    if (this.#closed || (this.#liveBytes > 0 && this.#liveBytes + frame.length + ENTRY_BYTES > this.#options.liveBytes)) return false
    this.#push({ frame, queryId, owner, isLive: true, dropped: false })
    return true
  }

  /** Drops what still waits for a query. */
  drop(owner: object): void {
    for (const entry of this.#queue) {
      if (entry.owner !== owner || entry.dropped) continue
      entry.dropped = true
      this.#account(entry, -1)
    }
    this.#wake()
  }

  /** Resolves when all is written, or the connection has failed. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  /** Nothing is taken any more; what waits is forgotten. */
  close(): void {
    this.#closed = true
    for (const { content } of this.#queue) content?.onEnd()
    this.#queue = []
    this.#options.onHeld?.(-this.pendingBytes)
    this.#answerBytes = 0
    this.#liveBytes = 0
    this.#wake()
  }

  #push(entry: Entry): void {
    if (this.#closed) throw new OutboxClosedError()
    this.#queue.push(entry)
    this.#account(entry, 1)
    this.#writing ??= this.#writeAll()
  }

  #account({ frame, isLive }: Entry, sign: 1 | -1): void {
    const held = sign * (frame.length + ENTRY_BYTES)
    if (isLive) this.#liveBytes += held
    else this.#answerBytes += held
    this.#options.onHeld?.(held)
  }

  async #writeAll(): Promise<void> {
    // Begins a turn later, so that what is queued in one turn goes out in one piece.
    await Promise.resolve()
    try {
      while (!this.#closed && this.#queue.length > 0) {
        const { piece, content } = this.#takePiece()
        await this.#write(piece)
        if (content !== undefined) await this.#writeContent(content)
        this.#wake()
      }
    } finally {
      this.#writing = undefined
    }
  }

  /** Never rejects: what cannot be written ends the connection. */
  async #write(piece: Uint8Array): Promise<void> {
    try {
      if (piece.length > 0 && !(await inTime(this.#channel.write(piece), this.#options.writeMs, this.#options.sleep)))
        this.#fail("the peer does not read")
    } catch {
      this.#fail("the connection broke")
    }
  }

  async #writeContent({ pieces, onEnd }: Content): Promise<void> {
    try {
      if (this.#closed) return
      for await (const piece of pieces) {
        await this.#write(piece)
        if (this.#closed) return
      }
    } catch {
      this.#fail("what was being sent could not be read to its end")
    } finally {
      onEnd()
    }
  }

  /** As much as goes out at once, up to and with the first frame that content follows. */
  #takePiece(): { readonly piece: Uint8Array; readonly content: Content | undefined } {
    let length = 0
    let count = 0
    let content: Content | undefined
    for (const { frame, dropped, content: following } of this.#queue) {
      if (length > 0 && length + frame.length > PIECE_BYTES) break
      if (!dropped) length += frame.length
      count += 1
      content = following
      if (content !== undefined) break
    }
    const piece = new Uint8Array(length)
    let at = 0
    for (const entry of this.#queue.splice(0, count)) {
      if (entry.dropped) continue
      piece.set(entry.frame, at)
      if (entry.queryId !== undefined) new DataView(piece.buffer).setUint16(at + 4, entry.queryId, true)
      at += entry.frame.length
      this.#account(entry, -1)
    }
    return { piece, content }
  }

  #fail(reason: string): void {
    if (this.#closed) return
    this.close()
    this.#options.onFailure(reason)
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }
}
