import { type IncomingMessage, type Server as HttpServer, createServer as createHttpServer } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { ResultCode, SecretKey } from "@tessera/mosaic"
import { WebSocketServer } from "ws"
import type { MosaicServer } from "../server.ts"
import { Addresses, plainAddress } from "./addresses.ts"
import { selfSignedPem } from "./self-signed-pem.ts"
import { socketEnds } from "./socket-ends.ts"
import { turnAway } from "./turn-away.ts"
import { openSocketChannel } from "./websocket-channel.ts"
import { answerUpgrade } from "./websocket-upgrade.ts"

/** What a listener gives to those who connect. */
export interface WebSocketLimits {
  /** How long a peer may take for TLS and the headers of its request, in milliseconds. */
  readonly handshakeMs: number
  /** Longest WebSocket message, in bytes. */
  readonly messageBytes: number
}

const DEFAULT_LIMITS: WebSocketLimits = {
  handshakeMs: 30_000,
  messageBytes: 2 * 1024 * 1024,
}
const MAX_HEADER_BYTES = 16_384
const BACKLOG = 4_096

/** A certificate and its private key, in PEM. Browsers want one of an authority that they know. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** Where to listen, and for which server. */
export interface ListenWebSocketOptions {
  readonly server: MosaicServer
  /** The server's secret key: it proves itself to clients with it, whatever the certificate is. */
  readonly secretKey: SecretKey
  /** An address of this machine, IPv4 or IPv6; `::` for all of both kinds. */
  readonly host: string
  /** 0 lets the system choose one. */
  readonly port: number
  /**
   * `selfSigned`: a certificate of the server's own key, which programs can use and browsers refuse. `proxy`: no TLS, for a reverse proxy on the same
   * machine that does it; its `X-Forwarded-For` tells where peers are. `selfSigned` when not given.
   */
  readonly tls?: TlsFiles | "selfSigned" | "proxy"
  /** Where people settle their relationship with the server; told to every client. */
  readonly serviceUrl?: string
  /** Ends the listener and its connections. */
  readonly signal?: AbortSignal
  /** Says whether a peer address (without port, IPv4 in its own form) may connect; others are dropped before TLS. */
  readonly allowRemote?: (address: string) => boolean
  readonly limits?: Partial<WebSocketLimits>
  /** Counts connections together with other listeners; behind a proxy all have the proxy's address. One of its own when not given. */
  readonly addresses?: Addresses
}

/** A server that can be reached over WebSocket. */
export interface WebSocketListener {
  /** `mosaicwss://host:port`, with the port that the system has chosen. */
  readonly url: string
  readonly port: number
  /** Takes another certificate for those who connect from now on. */
  renew(tls: TlsFiles): void
  /** Takes nobody any more, and cuts those who are still connected: `MosaicServer.close` says good-bye first. */
  close(): Promise<void>
}

/**
 * Brings a server connections over WebSocket (specification, "Mosaic over Websockets"). No message is compressed, and only binary ones are taken.
 *
 * @throws {Error} of Node's `listen` when the address cannot be had (`code` is `EADDRINUSE`, `EACCES`, …).
 */
export async function listenWebSocket(options: ListenWebSocketOptions): Promise<WebSocketListener> {
  const { server, secretKey, host, port, tls = "selfSigned", serviceUrl, signal, allowRemote = () => true } = options
  signal?.throwIfAborted()
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const addresses = options.addresses ?? new Addresses()
  const open = new Set<Socket>()
  /** Why those are turned away who are, by the ends of their socket: TLS brings a socket of its own. */
  const refusals = new Map<string, ResultCode>()
  const http = createHttp(tls === "selfSigned" ? selfSignedPem(secretKey) : tls, limits.handshakeMs)
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: limits.messageBytes,
    handleProtocols: () => "mosaic2025",
  })

  http.on("connection", (socket: Socket) => {
    socket.on("error", () => {})
    const address = plainAddress(socket.remoteAddress)
    const entrance = address === undefined || !allowRemote(address) ? undefined : addresses.enter(address)
    if (entrance === undefined) {
      socket.destroy()
      return
    }
    const ends = socketEnds(socket)
    if (entrance.refusal !== undefined) refusals.set(ends, entrance.refusal)
    open.add(socket)
    socket.once("close", () => {
      entrance.leave()
      refusals.delete(ends)
      open.delete(socket)
    })
  })
  http.on("tlsClientError", () => {})
  http.on("clientError", (_error, socket: Duplex) => socket.destroy())
  http.on("request", (_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain; charset=utf-8", Connection: "close", Upgrade: "websocket" })
    response.end("This is a Mosaic server. It speaks WebSocket, subprotocol mosaic2025.\n")
  })
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {})
    const answer = answerUpgrade(request, { server, secretKey, serviceUrl })
    if ("status" in answer) {
      socket.end(`HTTP/1.1 ${answer.status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${answer.reason}\n`)
      return
    }
    webSockets.once("headers", (lines, upgraded) => {
      if (upgraded === request) for (const [name, value] of answer.headers) lines.push(`${name}: ${value}`)
    })
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const remote = remoteOf(request, tls === "proxy")
      const channel = openSocketChannel(webSocket, { peerKey: undefined, remote, ...answer.agreed })
      const refusal = refusals.get(socketEnds(request.socket))
      void (refusal === undefined ? server.serve(channel) : turnAway(channel, refusal))
    })
  })

  await listen(http, host, port)
  http.on("error", () => {})
  const bound = http.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()))
    for (const socket of open) socket.destroy()
    await closed
  }
  signal?.addEventListener("abort", () => void close(), { once: true })
  return {
    url: `mosaicwss://${host.includes(":") ? `[${host}]` : host}:${bound.port}`,
    port: bound.port,
    renew: (renewed) => {
      if ("setSecureContext" in http) http.setSecureContext(renewed)
    },
    close,
  }
}

function createHttp(tls: TlsFiles | "proxy", handshakeMs: number): HttpServer | ReturnType<typeof createHttpsServer> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    keepAliveTimeout: 1_000,
    noDelay: true,
  }
  const http =
    tls === "proxy"
      ? createHttpServer(options)
      : createHttpsServer({ ...options, ...tls, minVersion: "TLSv1.2", handshakeTimeout: handshakeMs })
  // Node checks its time-outs this often.
  Object.assign(http, { connectionsCheckingInterval: Math.min(30_000, handshakeMs) })
  return http
}

/** Where a peer is. Of a proxy's header only what the proxy itself has put there counts: the last address. */
function remoteOf(request: IncomingMessage, isBehindProxy: boolean): string {
  const { remoteAddress, remotePort } = request.socket
  const forwarded = isBehindProxy ? request.headers["x-forwarded-for"] : undefined
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(",").at(-1)?.trim()
  if (last !== undefined && /^[\d.a-fA-F:]{2,45}$/.test(last)) return `${last}:0`
  return `${plainAddress(remoteAddress) ?? "unknown"}:${remotePort ?? 0}`
}

async function listen(server: HttpServer | ReturnType<typeof createHttpsServer>, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", reject)
      resolve()
    })
  })
}
