import { EventEmitter } from "node:events"
import type { TLSSocket } from "node:tls"

export const OPCODE = { CONTINUED: 0, BINARY: 2, PING: 9, PONG: 10 } as const

/** A WebSocket whose frames a test writes itself, whole or in parts. What it receives of binary messages it emits as `data`, and `pong`, and `close`. */
export class RawWebSocket extends EventEmitter {
  readonly socket: TLSSocket
  /** The head of the answer to the request to upgrade. */
  readonly head: string
  #received: Buffer

  private constructor(socket: TLSSocket, head: string, rest: Buffer) {
    super()
    this.socket = socket
    this.head = head
    this.#received = rest
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#cut()
    })
    socket.once("close", () => this.emit("close"))
  }

  /** @param socket TLS is done on it. @throws Error when the server does not upgrade. */
  static async open(socket: TLSSocket, lines: readonly string[] = []): Promise<RawWebSocket> {
    const answered = new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0)
      const take = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk])
        if (!received.includes("\r\n\r\n")) return
        socket.off("data", take)
        socket.pause()
        resolve(received)
      }
      socket.on("data", take)
      socket.once("close", () => reject(new Error("closed")))
    })
    socket.write(upgradeRequest(lines))
    const received = await answered
    const end = received.indexOf("\r\n\r\n") + 4
    const head = received.toString("latin1", 0, end)
    if (!head.startsWith("HTTP/1.1 101")) throw new Error(head)
    const opened = new RawWebSocket(socket, head, received.subarray(end))
    socket.resume()
    return opened
  }

  /** A whole message. */
  write(bytes: Uint8Array): void {
    this.socket.write(frame(OPCODE.BINARY, bytes))
  }

  #cut(): void {
    for (;;) {
      const [first = 0, second = 0] = this.#received
      const extended = ({ 126: 2, 127: 8 } as Readonly<Record<number, number>>)[second] ?? 0
      if (this.#received.length < 2 + extended) return
      const length = extended === 0 ? second : extended === 2 ? this.#received.readUInt16BE(2) : Number(this.#received.readBigUInt64BE(2))
      const end = 2 + extended + length
      if (this.#received.length < end) return
      const payload = this.#received.subarray(2 + extended, end)
      this.#received = this.#received.subarray(end)
      const opcode = first & 0x0f
      if (opcode === OPCODE.BINARY || opcode === OPCODE.CONTINUED) this.emit("data", payload)
      if (opcode === OPCODE.PONG) this.emit("pong", payload)
    }
  }
}

export const upgradeRequest = (lines: readonly string[] = []): string =>
  [
    "GET / HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: mosaic2025",
    ...lines,
    "\r\n",
  ].join("\r\n")

/** A frame as clients send it, masked with zeros, so that its payload stands there as it is. */
export function frame(opcode: number, payload: Uint8Array, { isLast = true } = {}): Buffer {
  const head = Buffer.alloc(14)
  head[0] = (isLast ? 0x80 : 0) | opcode
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(payload.length), 2)
  if (payload.length > 65_535) return Buffer.concat([head, payload])
  if (payload.length < 126) return Buffer.concat([Uint8Array.of(head[0] ?? 0, 0x80 | payload.length, 0, 0, 0, 0), payload])
  return Buffer.concat([Uint8Array.of(head[0] ?? 0, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0), payload])
}
