import type { ByteChannel } from "../session/byte-channel.ts"
import { type MessageChannelOptions, MessageChannel } from "./message-channel.ts"

/** RFC 6455, 7.4.1. */
const UNSUPPORTED_DATA = 1003

/** The little of a WebSocket outside of browsers that a channel needs; that of the package `ws` has this shape. */
export interface StreamWebSocket {
  /** Sends a piece of a message, and calls back when it is on its way. */
  send(bytes: Uint8Array, options: { readonly binary: boolean; readonly fin: boolean }, done: (error?: Error | null) => void): void
  /** Takes nothing from the network until `resume`. */
  pause(): void
  /** Takes from the network again. */
  resume(): void
  /** Says good-bye. */
  close(status?: number, reason?: string): void
  /** Ends the connection at once. */
  terminate(): void
  /** Tells of what happens to the socket. */
  on(event: "message", listener: (data: unknown, isBinary: boolean) => void): unknown
  /** Tells that the socket has closed. */
  once(event: "close", listener: () => void): unknown
  /** Tells that the socket has broken. */
  once(event: "error", listener: (error: Error) => void): unknown
}

export interface WebSocketChannelOptions extends MessageChannelOptions {
  /** Called once when the channel is being closed: calls `terminate` after the time that a peer may take to receive the last bytes. */
  readonly linger: (terminate: () => void) => void
}

/** Makes a byte channel of an open WebSocket, and takes it over: its errors too. Text ends the connection: Mosaic is binary. */
export function webSocketChannel(socket: StreamWebSocket, { linger, ...options }: WebSocketChannelOptions): ByteChannel {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  const channel = new MessageChannel(
    {
      send: (bytes, isLast) =>
        new Promise((resolve, reject) =>
          socket.send(bytes, { binary: true, fin: isLast }, (error) => (error === undefined || error === null ? resolve() : reject(error))),
        ),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => {
        // What is paused would never see that the peer has closed too.
        socket.resume()
        socket.close()
        linger(() => socket.terminate())
        return closed
      },
    },
    options,
  )
  socket.on("message", (data, isBinary) => {
    if (isBinary && data instanceof Uint8Array) channel.receive(data)
    else socket.close(UNSUPPORTED_DATA, "Mosaic is binary")
  })
  socket.once("error", (error) => channel.end(error))
  socket.once("close", () => channel.end())
  return channel
}
