import type { Duplex } from "node:stream"
import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import {
  type ByteChannel,
  type HeaderField,
  type MessageChannelOptions,
  CLOSE_STATUS,
  MessageChannel,
  OPCODE,
  WEBSOCKET_SUBPROTOCOL,
  WebSocketError,
  WebSocketFrameReader,
  encodeCloseStatus,
  encodeFrameHeader,
} from "@tessera/mosaic"

/** RFC 6455, 1.3. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
/** How long the last bytes may take after the connection is closed, in milliseconds. */
const LINGER_MS = 2_000
/** Answers to pings wait for a peer who reads: while more than this waits to be written, in bytes, there are none. */
const PONG_BYTES = 64 * 1024

/** What is wrong with a request to speak WebSocket, if anything. (RFC 6455, 4.2.1) */
export function upgradeFault({ method, headers }: IncomingMessage): string | undefined {
  if (method !== "GET") return "GET is wanted."
  if (headers.upgrade?.toLowerCase() !== "websocket") return "An upgrade to WebSocket is wanted."
  if (headers["sec-websocket-version"] !== "13") return "Version 13 of WebSocket is wanted."
  if (!/^[+/\dA-Za-z]{22}==$/u.test(headers["sec-websocket-key"] ?? "")) return "Sec-WebSocket-Key is missing."
  return undefined
}

/** Says yes to a request that has no fault, with these headers. */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex, fields: readonly HeaderField[]): void {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${ACCEPT_SUFFIX}`).digest("base64")
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${WEBSOCKET_SUBPROTOCOL}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${lines.join("\r\n")}\r\n\r\n`)
}

/**
 * Makes a byte channel of a socket that speaks WebSocket from here on. Nothing of a message is gathered: what comes is handed on at once, and counted
 * where every transport's bytes are. (The libraries for it hold a message until all of it has come, outside of every budget.)
 *
 * @param head what has come behind the request.
 */
export function webSocketLine(socket: Duplex, head: Uint8Array, options: MessageChannelOptions): ByteChannel {
  const line = new WebSocketLine(socket, options)
  line.take(head)
  return line.channel
}

class WebSocketLine {
  readonly channel: MessageChannel
  readonly #socket: Duplex
  readonly #reader = new WebSocketFrameReader()
  /** Whether a message has been begun and not ended here. */
  #isInMessage = false
  #hasSaidClose = false
  /** Nothing that comes is looked at any more. */
  #isOver = false

  constructor(socket: Duplex, options: MessageChannelOptions) {
    this.#socket = socket
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
    this.channel = new MessageChannel(
      {
        send: (bytes, isLast) => this.#send(bytes, isLast),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        close: () => {
          this.#sayClose(CLOSE_STATUS.NORMAL)
          return closed
        },
      },
      options,
    )
    socket.on("data", (chunk: Uint8Array) => this.take(chunk))
    socket.once("end", () => this.#hangUp())
    socket.once("error", (error: Error) => this.channel.end(error))
    socket.once("close", () => this.channel.end())
  }

  take(chunk: Uint8Array): void {
    if (this.#isOver) return
    let ping: Uint8Array | undefined
    try {
      for (const part of this.#reader.push(chunk)) {
        if (part.type === "data") this.channel.receive(part.bytes)
        else if (part.type === "ping") ping = part.payload
        else {
          this.#sayClose(part.status ?? CLOSE_STATUS.NORMAL)
          this.#hangUp()
        }
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error
      this.channel.end(error)
      this.#sayClose(error.status)
      this.#hangUp()
    }
    // Of several that come at once the last: that is enough (RFC 6455, 5.5.3), and a flood costs no answers.
    if (ping !== undefined) this.#pong(ping)
  }

  #send(bytes: Uint8Array, isLast: boolean): Promise<void> {
    const header = encodeFrameHeader(this.#isInMessage ? OPCODE.CONTINUATION : OPCODE.BINARY, bytes.length, isLast)
    this.#isInMessage = !isLast
    if (this.#hasSaidClose) return Promise.reject(new Error("the connection is closed"))
    return new Promise((resolve, reject) => {
      this.#socket.cork()
      this.#socket.write(header)
      this.#socket.write(bytes, (error) => (error === undefined || error === null ? resolve() : reject(error)))
      this.#socket.uncork()
    })
  }

  #pong(payload: Uint8Array): void {
    if (this.#hasSaidClose || this.#socket.writableLength > PONG_BYTES) return
    this.#socket.write(Buffer.concat([encodeFrameHeader(OPCODE.PONG, payload.length, true), payload]))
  }

  /** Says good-bye, and waits a little for the peer's, which also says that the last bytes have come. */
  #sayClose(status: number): void {
    // What is paused would never see that the peer has closed too.
    this.#socket.resume()
    if (this.#hasSaidClose) return
    this.#hasSaidClose = true
    if (this.#socket.writable) this.#socket.write(Buffer.concat([encodeFrameHeader(OPCODE.CLOSE, 2, true), encodeCloseStatus(status)]))
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
  }

  #hangUp(): void {
    this.#isOver = true
    this.channel.end()
    this.#socket.end()
  }
}
