import { type ByteChannel, type MessageChannelOptions, MessageChannel } from "@tessera/mosaic"
import type { WebSocket } from "ws"

/** How long a peer may take to receive the last bytes after the connection is closed, in milliseconds. */
const LINGER_MS = 2_000
const UNSUPPORTED_DATA = 1003

/** Makes a byte channel of an open WebSocket, and takes it over: its errors too. Text ends the connection: Mosaic is binary. */
export function openSocketChannel(socket: WebSocket, options: MessageChannelOptions): ByteChannel {
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
        setTimeout(() => socket.terminate(), LINGER_MS).unref()
        return closed
      },
    },
    options,
  )
  socket.on("message", (data, isBinary) => {
    if (isBinary && Buffer.isBuffer(data)) channel.receive(data)
    else socket.close(UNSUPPORTED_DATA, "Mosaic is binary")
  })
  socket.once("error", (error) => channel.end(error))
  socket.once("close", () => channel.end())
  return channel
}
