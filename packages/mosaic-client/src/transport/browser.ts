import {
  type ByteChannel,
  type PublicKey,
  AUTH_NONCE_LENGTH,
  MessageChannel,
  RESULT,
  WEBSOCKET_SUBPROTOCOL,
  concatBytes,
  encodeMessage,
  equalBytes,
  formatAuthNonce,
  publicKeyOf,
} from "@tessera/mosaic"
import { APPLICATIONS } from "../connection/applications.ts"
import { ConnectionClosedError } from "../errors.ts"
import { proveKey } from "./authenticate.ts"
import type { DialOptions } from "./dial-options.ts"
import { FirstMessages } from "./first-messages.ts"
import { requireServerProof, wrongServer } from "./server-proof.ts"

const CONNECT_MS = 10_000
/** Bytes that may wait to be sent before whoever sends has to wait too, and how often it is looked, in milliseconds. */
const BUFFERED_BYTES = 256 * 1024
const LOOK_MS = 20

/** Which server to reach from a web page, and as whom. */
export interface DialBrowserOptions extends DialOptions {
  /** `wss://host[:port]/`; `ws:` for a server on the same machine. */
  readonly url: string
  /** Application ids to ask for; Core, Social Media and Tessera's own when not given. */
  readonly applications?: readonly number[]
}

/** The little of the browser's WebSocket that is used; Node has the same. */
interface PageSocket {
  binaryType: string
  readonly bufferedAmount: number
  readonly readyState: number
  send(bytes: Uint8Array): void
  close(): void
  addEventListener(type: "open" | "close" | "error", listener: () => void): void
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void
}
declare const WebSocket: new (url: string, protocol: string) => PageSocket
const OPEN = 1

/**
 * Connects from a web page. A page can neither set nor read headers, so Hello goes as a message, and Identify lets both sides prove their keys.
 *
 * @throws {WrongServerError} when the server does not prove the pinned key.
 * @throws {ConnectionClosedError} when nobody answers there as Mosaic, not in time, or the server refuses our key.
 */
export async function dialBrowser(options: DialBrowserOptions): Promise<ByteChannel> {
  const { url, serverKey, clientKey, applications = APPLICATIONS, signal, timeoutMs = CONNECT_MS } = options
  signal?.throwIfAborted()
  const { socket, channel } = open(url, serverKey)
  const messages = new FirstMessages(channel)
  try {
    await opened(socket, timeoutMs, signal)
    await channel.write(encodeMessage({ type: "hello", version: 0, applications }))
    const ack = await messages.next(timeoutMs, signal)
    if (ack.type !== "helloAck" || ack.result !== RESULT.SUCCESS) throw new ConnectionClosedError("the server did not answer Hello")
    const nonce = crypto.getRandomValues(new Uint8Array(AUTH_NONCE_LENGTH))
    await channel.write(encodeMessage({ type: "identify", key: clientKey === undefined ? undefined : publicKeyOf(clientKey), nonce }))
    const identity = await messages.next(timeoutMs, signal)
    if (identity.type !== "identity" || !equalBytes(identity.key, serverKey)) throw wrongServer()
    requireServerProof(identity.proof, formatAuthNonce(nonce), serverKey)
    if (clientKey !== undefined) {
      const given = formatAuthNonce(identity.nonce)
      await proveKey(messages, { clientKey, serverKey, nonce: given, timeoutMs, ...(signal !== undefined && { signal }) })
    }
    return messages.rest({ version: ack.version, applications: ack.applications })
  } catch (error) {
    void channel.close()
    throw error
  }
}

function open(url: string, serverKey: PublicKey): { readonly socket: PageSocket; readonly channel: MessageChannel } {
  const socket = new WebSocket(url, WEBSOCKET_SUBPROTOCOL)
  socket.binaryType = "arraybuffer"
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()))
  let pieces: Uint8Array[] = []
  const channel = new MessageChannel(
    {
      async send(bytes, isLast) {
        // A page cannot send a message in pieces.
        pieces.push(bytes)
        if (!isLast) return
        const message = concatBytes(...pieces)
        // Before anything is waited for: several may send at the same time.
        pieces = []
        if (socket.readyState !== OPEN) throw new ConnectionClosedError("the connection is closed")
        socket.send(message)
        while (socket.bufferedAmount > BUFFERED_BYTES && socket.readyState === OPEN)
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      },
      // Nor tell the network to wait.
      pause: () => {},
      resume: () => {},
      close: () => {
        socket.close()
        return closed
      },
    },
    { peerKey: serverKey, remote: url },
  )
  socket.addEventListener("message", ({ data }) => void (data instanceof ArrayBuffer && channel.receive(new Uint8Array(data))))
  socket.addEventListener("close", () => channel.end())
  return { socket, channel }
}

async function opened(socket: PageSocket, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal?.reason)
  const fail = (): void => reject(new ConnectionClosedError("the server cannot be reached"))
  const timer = setTimeout(fail, timeoutMs)
  signal?.addEventListener("abort", abort, { once: true })
  socket.addEventListener("open", resolve)
  socket.addEventListener("close", fail)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", abort)
  }
}
