import type { PublicKey } from "../keys/public-key.ts"
import { FrameReader } from "../message/frame-reader.ts"
import { isBlobPiece } from "../message/frame.ts"
import { MESSAGE_TYPE as TYPE } from "../message/message-type.ts"
import type { ByteChannel, Granted, KeyProof } from "../session/byte-channel.ts"

/** The little of a WebSocket that a channel needs, in Node and in browsers. */
export interface MessageSocket {
  /** Sends a piece of a binary message, the last of it when `isLast`. Resolves when more can be sent; rejects when the connection is closed. */
  send(bytes: Uint8Array, isLast: boolean): Promise<void>
  /** Takes nothing from the network until `resume`; does nothing where that cannot be had. */
  pause(): void
  /** Takes from the network again. */
  resume(): void
  /** Sends what was written, then closes. Resolves when closed. */
  close(): Promise<void>
}

/** Who is at the other end, and what was agreed with them. */
export interface MessageChannelOptions {
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly granted?: Granted
  readonly keyProof?: KeyProof
}

/** Bytes that wait to be read before the network is told to wait. */
const PAUSE_BYTES = 64 * 1024
/** Bytes that wait to be read before the connection is given up: where the network cannot be told to wait. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** Pieces that wait are put together up to this length, in bytes: one of a single byte would take hundreds. */
const GATHERED_BYTES = 4_096

/**
 * A byte channel over a WebSocket: each protocol message goes as one binary message, a blob in as many pieces as it comes in. What comes in is read as one
 * stream, however it is cut.
 */
export class MessageChannel implements ByteChannel {
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly granted?: Granted
  readonly keyProof?: KeyProof
  readonly #socket: MessageSocket
  readonly #splitter = new FrameReader({ maxBlob: Number.MAX_SAFE_INTEGER })
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** Where the last of those that wait lies, at the start, when it was put together. */
  #gathered = new Uint8Array(0)
  #isPaused = false
  #end: { readonly error: Error | undefined } | undefined
  #wake = (): void => {}
  #closing: Promise<void> | undefined

  constructor(socket: MessageSocket, { peerKey, remote, granted, keyProof }: MessageChannelOptions) {
    this.#socket = socket
    this.peerKey = peerKey
    this.remote = remote
    if (granted !== undefined) this.granted = granted
    if (keyProof !== undefined) this.keyProof = keyProof
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#read()
  }

  /** Takes what the socket has received. */
  receive(bytes: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#keep(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.end(new Error("more came than was read"))
      void this.close()
    } else if (this.#waitingBytes > PAUSE_BYTES && !this.#isPaused) {
      this.#isPaused = true
      this.#socket.pause()
    }
    this.#wake()
  }

  /** Says that the socket has closed; `error` when it broke. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#wake()
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined || this.#closing !== undefined) throw new Error("the connection is closed")
    for (const part of this.#splitter.push(bytes)) {
      const isLast = isBlobPiece(part) ? part.isLast : part.type !== TYPE.BLOB_SUBMISSION && part.type !== TYPE.BLOB_RESULT
      await this.#socket.send(part.bytes, isLast)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#socket.close()
    return this.#closing
  }

  #keep(bytes: Uint8Array): void {
    const last = this.#waiting.at(-1)
    if (last === undefined || last.length + bytes.length > GATHERED_BYTES) {
      this.#waiting.push(bytes)
      return
    }
    if (last.buffer !== this.#gathered.buffer) {
      this.#gathered = new Uint8Array(GATHERED_BYTES)
      this.#gathered.set(last)
    }
    this.#gathered.set(bytes, last.length)
    this.#waiting[this.#waiting.length - 1] = this.#gathered.subarray(0, last.length + bytes.length)
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const bytes = this.#waiting.shift()
      if (bytes !== undefined) {
        this.#waitingBytes -= bytes.length
        if (this.#isPaused && this.#waitingBytes <= PAUSE_BYTES / 2) {
          this.#isPaused = false
          this.#socket.resume()
        }
        yield bytes
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error
        return
      } else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
