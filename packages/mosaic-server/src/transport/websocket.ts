import { type IncomingMessage, type Server as HttpServer, createServer as createHttpServer } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { Duplex } from "node:stream"
import type { TLSSocket } from "node:tls"
import type { SecretKey } from "@tessera/mosaic"
import type { MosaicServer } from "../server.ts"
import { ACME_PROTOCOL, AcmeChallenges } from "./acme-challenges.ts"
import { Addresses, plainAddress } from "./addresses.ts"
import { forwardedAddress, isLoopback } from "./forwarded.ts"
import { Gate, listenerUrl, remoteOf } from "./gate.ts"
import { selfSignedPem } from "./self-signed-pem.ts"
import { acceptUpgrade, upgradeFault, webSocketLine } from "./web-socket-line.ts"
import { BAD_REQUEST, answerUpgrade } from "./websocket-upgrade.ts"

/** What a listener gives to those who connect. */
export interface WebSocketLimits {
  /** How long a peer may take for TLS and the headers of its request, in milliseconds. */
  readonly handshakeMs: number
}

const DEFAULT_LIMITS: WebSocketLimits = { handshakeMs: 30_000 }
const MAX_HEADER_BYTES = 16_384
/** How long the last bytes may take after somebody is refused, in milliseconds. */
const LINGER_MS = 2_000

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
   * machine that does it. `selfSigned` when not given.
   */
  readonly tls?: TlsFiles | "selfSigned" | "proxy"
  /**
   * Addresses of the reverse proxies, which say in `X-Forwarded-For` (or `Forwarded`) where peers are: by that peers are counted, limited and banned.
   * Nobody else is believed. Those of this machine when not given.
   */
  readonly proxies?: readonly string[]
  /** Where people settle their relationship with the server; told to every client. */
  readonly serviceUrl?: string
  /** Ends the listener and its connections. */
  readonly signal?: AbortSignal
  /** Says whether a peer address (without port, IPv4 in its own form) may connect; others are dropped before TLS. */
  readonly allowRemote?: (address: string) => boolean
  readonly limits?: Partial<WebSocketLimits>
  /** Counts connections together with other listeners. One of its own when not given. */
  readonly addresses?: Addresses
}

/** A server that can be reached over WebSocket. */
export interface WebSocketListener {
  /** `mosaicwss://host:port`, with the port that the system has chosen. */
  readonly url: string
  readonly port: number
  /** Takes another certificate for those who connect from now on. */
  renew(tls: TlsFiles): void
  /** Shows a certificate to whoever asks for the protocol `acme-tls/1` (RFC 8737), by which an authority sees who is here; undefined: no longer. */
  showChallenge(challenge: TlsFiles | undefined): void
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
  const challenges = new AcmeChallenges()
  const http = createHttp(tls === "selfSigned" ? selfSignedPem(secretKey) : tls, limits.handshakeMs, challenges)
  const proxies = options.proxies
  const isProxy = tls === "proxy" && ((address: string): boolean => proxies?.includes(address) ?? isLoopback(address))
  const gate = new Gate(http, { addresses, allowRemote, ...(isProxy !== false && { isProxy }) })

  http.on("tlsClientError", () => {})
  http.on("clientError", (_error, socket: Duplex) => socket.destroy())
  http.on("request", (_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain; charset=utf-8", Connection: "close", Upgrade: "websocket" })
    response.end("This is a Mosaic server. It speaks WebSocket, subprotocol mosaic2025.\n")
  })
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {})
    const fault = upgradeFault(request)
    const answer = fault === undefined ? answerUpgrade(request, { server, secretKey, serviceUrl }) : { status: BAD_REQUEST, reason: fault }
    if ("status" in answer) {
      socket.end(`HTTP/1.1 ${answer.status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${answer.reason}\n`)
      // Node keeps half of a connection open for as long as the peer likes.
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
      return
    }
    const peer =
      isProxy !== false && isProxy(plainAddress(request.socket.remoteAddress) ?? "") ? forwardedAddress(request.headers) : undefined
    if (!gate.admitForwarded(request.socket, peer)) {
      socket.destroy()
      return
    }
    acceptUpgrade(request, socket, answer.headers)
    request.socket.setTimeout(0)
    const remote = peer === undefined ? remoteOf(request.socket) : `${peer}:0`
    gate.serve(server, webSocketLine(socket, head, { peerKey: undefined, remote, ...answer.agreed }), request.socket)
  })

  const bound = await gate.listen({ host, port })
  signal?.addEventListener("abort", () => void gate.close(), { once: true })
  return {
    url: listenerUrl("mosaicwss", host, bound),
    port: bound,
    renew: (renewed) => {
      if ("setSecureContext" in http) http.setSecureContext(renewed)
    },
    showChallenge: (challenge) => challenges.show(challenge),
    close: () => gate.close(),
  }
}

function createHttp(
  tls: TlsFiles | "proxy",
  handshakeMs: number,
  challenges: AcmeChallenges,
): HttpServer | ReturnType<typeof createHttpsServer> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    // How often Node looks at its time-outs.
    connectionsCheckingInterval: Math.min(30_000, handshakeMs),
    keepAliveTimeout: 1_000,
    noDelay: true,
  }
  if (tls === "proxy") return createHttpServer(options)
  const https = createHttpsServer({
    ...options,
    ...tls,
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMs,
    ALPNCallback(this: TLSSocket, { protocols }) {
      return challenges.protocolFor(this, protocols)
    },
  })
  // Its authority has seen what it wanted to see.
  https.prependListener("secureConnection", (socket) => void (socket.alpnProtocol === ACME_PROTOCOL && socket.destroy()))
  return https
}
