import { type NetConnectOpts, type Socket, connect } from "node:net"

/** Where a program of this machine listens for us alone: a Unix socket, or, where there are none, a port of the loopback. */
export type LocalPlace = { readonly path: string } | { readonly port: number }

/** Connects to it. @throws {Error} of Node's `connect` when nobody listens; the signal's reason when it aborts first. */
export async function connectLocal(place: LocalPlace, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const options: NetConnectOpts = "path" in place ? { path: place.path } : { host: "127.0.0.1", port: place.port }
  const socket = connect(options)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener("abort", abort, { once: true })
  socket.once("connect", resolve)
  socket.once("error", reject)
  try {
    await promise
    return socket
  } catch (error) {
    socket.on("error", () => {})
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener("abort", abort)
    socket.off("error", reject)
  }
}
