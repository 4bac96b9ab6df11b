import {
  type ByteChannel,
  type Granted,
  type Message,
  DecodeError,
  FrameReader,
  concatBytes,
  isBlobPiece,
  parseMessage,
} from "@tessera/mosaic"
import { ConnectionClosedError } from "../errors.ts"

/** Longest message that a server says before the connection is made. */
const MAX_FIRST = 64 * 1024

/** Reads single messages from a channel before a connection is made of it. */
export class FirstMessages {
  readonly channel: ByteChannel
  readonly #incoming: AsyncIterator<Uint8Array>
  readonly #reader = new FrameReader({ maxFrame: MAX_FIRST, maxBlob: 0 })
  readonly #messages: Uint8Array[] = []

  constructor(channel: ByteChannel) {
    this.channel = channel
    this.#incoming = channel.incoming[Symbol.asyncIterator]()
  }

  /** The next message. @throws {ConnectionClosedError} when none comes in time, or none that can be read. */
  async next(timeoutMs: number, signal?: AbortSignal): Promise<Message> {
    signal?.throwIfAborted()
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(signal?.reason)
    const timer = setTimeout(() => reject(new ConnectionClosedError("the server did not answer in time")), timeoutMs)
    signal?.addEventListener("abort", abort, { once: true })
    try {
      return await Promise.race([this.#read(), stopped])
    } catch (error) {
      if (error instanceof DecodeError) throw new ConnectionClosedError(`the server does not answer as Mosaic: ${error.reason}`)
      throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
    }
  }

  /** The channel, with what has come and was not read. */
  rest(granted?: Granted): ByteChannel {
    const { channel } = this
    const agreed = granted ?? channel.granted
    const incoming = this.#rest()
    return {
      peerKey: channel.peerKey,
      remote: channel.remote,
      incoming,
      ...(agreed !== undefined && { granted: agreed }),
      write: (bytes) => channel.write(bytes),
      close: () => channel.close(),
    }
  }

  async #read(): Promise<Message> {
    for (;;) {
      const bytes = this.#messages.shift()
      if (bytes !== undefined) return parseMessage(bytes)
      const { done, value } = await this.#incoming.next()
      if (done === true) throw new ConnectionClosedError("the server closed the connection")
      for (const part of this.#reader.push(value)) if (!isBlobPiece(part)) this.#messages.push(part.bytes)
    }
  }

  async *#rest(): AsyncGenerator<Uint8Array, void, void> {
    if (this.#messages.length > 0) yield concatBytes(...this.#messages)
    for (let next = await this.#incoming.next(); next.done !== true; next = await this.#incoming.next()) yield next.value
  }
}
