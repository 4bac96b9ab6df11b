import type { PublicKey } from "../keys/public-key.ts"
import type { ByteChannel } from "./byte-channel.ts"

/** The little of a stream socket that a channel needs; Node's `net.Socket` and `tls.TLSSocket` have this shape. */
export interface StreamSocket extends AsyncIterable<Uint8Array> {
  readonly destroyed: boolean
  /** False when the peer takes less than was written: then `drain` follows. */
  write(bytes: Uint8Array): boolean
  /** Sends what was written, then says that nothing follows. */
  end(): unknown
  /** Ends the connection at once. */
  destroy(): unknown
  /** Tells of what happens to the socket. */
  on(event: "drain" | "close" | "error", listener: () => void): unknown
}

/** What a socket does not say by itself. */
export interface SocketChannelOptions {
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  /** Called once when the channel is being closed: calls `destroy` after the time that a peer may take to receive the last bytes. */
  readonly linger: (destroy: () => void) => void
}

/** Makes a byte channel of a connected socket, and takes it over: its errors too. */
export function socketChannel(socket: StreamSocket, options: SocketChannelOptions): ByteChannel {
  return new SocketChannel(socket, options)
}

class SocketChannel implements ByteChannel {
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly #socket: StreamSocket
  readonly #linger: SocketChannelOptions["linger"]
  readonly #closed: Promise<void>
  #isClosing = false
  /** Those who wait for the socket to take more. */
  readonly #blocked = new Set<{ resolve: () => void; reject: (error: Error) => void }>()

  constructor(socket: StreamSocket, { peerKey, remote, linger }: SocketChannelOptions) {
    this.#socket = socket
    this.#linger = linger
    this.peerKey = peerKey
    this.remote = remote
    // A broken connection shows in `incoming` and `write`; without a listener the error would end the program.
    socket.on("error", () => {})
    socket.on("drain", () => this.#release((waiting) => waiting.resolve()))
    this.#closed = new Promise((resolve) => {
      if (socket.destroyed) resolve()
      socket.on("close", () => {
        this.#release((waiting) => waiting.reject(closedError()))
        resolve()
      })
    })
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#socket
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isClosing || this.#socket.destroyed) throw closedError()
    if (this.#socket.write(bytes)) return
    await new Promise<void>((resolve, reject) => this.#blocked.add({ resolve, reject }))
  }

  async close(): Promise<void> {
    if (!this.#isClosing && !this.#socket.destroyed) {
      this.#isClosing = true
      this.#socket.end()
      this.#linger(() => this.#socket.destroy())
    }
    await this.#closed
  }

  #release(settle: (waiting: { resolve: () => void; reject: (error: Error) => void }) => void): void {
    const released = [...this.#blocked]
    this.#blocked.clear()
    for (const waiting of released) settle(waiting)
  }
}

const closedError = (): Error => new Error("the connection is closed")
