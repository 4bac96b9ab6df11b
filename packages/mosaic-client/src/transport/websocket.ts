import { randomBytes } from "node:crypto"
import { TLSSocket } from "node:tls"
import {
  type ByteChannel,
  type HelloAckHeaders,
  type PublicKey,
  AUTH_NONCE_LENGTH,
  WEBSOCKET_SUBPROTOCOL,
  formatAuthNonce,
  formatHelloHeaders,
  parseHelloAckHeaders,
  publicKeyOf,
  webSocketChannel,
} from "@tessera/mosaic"
import { WebSocket } from "ws"
import { ConnectionClosedError } from "../errors.ts"
import { isCertificateOf } from "./certificate-of.ts"
import { APPLICATIONS } from "../connection/applications.ts"
import { authenticate } from "./authenticate.ts"
import type { DialOptions } from "./dial-options.ts"
import { requireServerProof, wrongServer } from "./server-proof.ts"

const CONNECT_MS = 10_000
const LINGER_MS = 2_000
/** The longest message of a server: a record, and a blob in pieces. */
const MAX_MESSAGE = 17 * 1024 * 1024

/** Which server to reach, and as whom. */
export interface DialWebSocketOptions extends DialOptions {
  /** `wss://host[:port]/`, or `ws:` where something else protects the line, such as Tor or a proxy on the same machine. */
  readonly url: string
  /** Application ids to ask for; Core, Social Media and Tessera's own when not given. */
  readonly applications?: readonly number[]
}

/**
 * Connects to a server over WebSocket (specification, "Mosaic over Websockets"): Hello is said and both keys are proved when this resolves.
 *
 * The server signs our nonce with its pinned key. Somebody in between could pass that on, so its certificate must hold as well: of an authority that
 * this machine knows, or self-signed with the pinned key.
 *
 * @throws {WrongServerError} when the server does not prove the pinned key.
 * @throws {ConnectionClosedError} when nobody answers there as Mosaic, not in time, or the server refuses our key.
 * @throws the signal's reason when it aborts first.
 */
export async function dialWebSocket(options: DialWebSocketOptions): Promise<ByteChannel> {
  const { url, serverKey, clientKey, applications = APPLICATIONS, signal, timeoutMs = CONNECT_MS } = options
  signal?.throwIfAborted()
  const nonce = formatAuthNonce(randomBytes(AUTH_NONCE_LENGTH))
  const authenticateAs = clientKey === undefined ? undefined : publicKeyOf(clientKey)
  const headers = formatHelloHeaders({ versions: [0], features: applications, authenticateAs, serverNonce: nonce })
  const socket = new WebSocket(url, WEBSOCKET_SUBPROTOCOL, {
    headers: Object.fromEntries(headers),
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    handshakeTimeout: timeoutMs,
    followRedirects: false,
    rejectUnauthorized: false,
  })
  let ack: HelloAckHeaders | undefined
  let fault: unknown
  let isTrusted = false
  socket.once("upgrade", ({ headers: fields, socket: line }) => {
    isTrusted = !(line instanceof TLSSocket) || line.authorized || isOwn(line, serverKey)
    try {
      ack = parseHelloAckHeaders((name) => {
        const value = fields[name]
        return Array.isArray(value) ? value.join(",") : value
      })
    } catch (error) {
      fault = error
    }
  })
  // What the server says at once must not be lost before there is a channel.
  socket.once("open", () => socket.pause())
  try {
    await opened(socket, signal)
    if (ack === undefined) throw new ConnectionClosedError(`the server does not answer as Mosaic: ${reasonOf(fault)}`)
    if (!isTrusted) throw wrongServer()
    requireServerProof(ack.serverProof, nonce, serverKey)
    const granted = { version: ack.version, applications: ack.featuresAccepted }
    const linger = (terminate: () => void): void => void setTimeout(terminate, LINGER_MS).unref()
    const channel = webSocketChannel(socket, { peerKey: serverKey, remote: url, granted, linger })
    socket.resume()
    if (clientKey === undefined) return channel
    if (ack.clientNonce === undefined) throw new ConnectionClosedError("the server lets nobody prove a key")
    return await authenticate(channel, { clientKey, serverKey, nonce: ack.clientNonce, timeoutMs, ...(signal !== undefined && { signal }) })
  } catch (error) {
    socket.on("error", () => {})
    socket.terminate()
    throw error
  }
}

function isOwn(line: TLSSocket, serverKey: PublicKey): boolean {
  const certificate = line.getPeerX509Certificate()
  return certificate !== undefined && isCertificateOf(certificate, serverKey)
}

async function opened(socket: WebSocket, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal?.reason)
  const fail = (error: Error): void => reject(new ConnectionClosedError(`the server cannot be reached: ${error.message}`))
  signal?.addEventListener("abort", abort, { once: true })
  socket.once("open", resolve)
  socket.once("error", fail)
  try {
    await promise
  } finally {
    signal?.removeEventListener("abort", abort)
    socket.off("error", fail)
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "its headers are not there")
