import { constants } from "node:crypto"
import type { AddressInfo, Socket } from "node:net"
import { type Server as TlsServer, type TLSSocket, createServer as createTlsServer } from "node:tls"
import { type ByteChannel, type ResultCode, type SecretKey, socketChannel } from "@tessera/mosaic"
import type { MosaicServer } from "../server.ts"
import { type AddressLimits, Addresses, plainAddress } from "./addresses.ts"
import { certifiedKey } from "./certified-key.ts"
import { selfSignedPem } from "./self-signed-pem.ts"
import { socketEnds } from "./socket-ends.ts"
import { turnAway } from "./turn-away.ts"

/** How long a peer may take for the TLS handshake, and to receive the last bytes after the connection is closed, in milliseconds. */
const HANDSHAKE_MS = 30_000
const LINGER_MS = 2_000
/** Connections that the system keeps until they are taken: bursts of a thousand are let through. */
const BACKLOG = 4_096

/** What a listener gives to those who connect. */
export interface TcpLimits extends AddressLimits {
  readonly handshakeMs: number
}

/** Where to listen, and for which server. */
export interface ListenTcpOptions {
  readonly server: MosaicServer
  /** The server's secret key: `server.serverKey` is its public one. */
  readonly secretKey: SecretKey
  /** An address of this machine, IPv4 or IPv6; `::` for all of both kinds. */
  readonly host: string
  /** 0 lets the system choose one. */
  readonly port: number
  /** Ends the listener and its connections. */
  readonly signal?: AbortSignal
  /** Says whether a peer address (without port, IPv4 in its own form) may connect; others are dropped before TLS. */
  readonly allowRemote?: (address: string) => boolean
  readonly limits?: Partial<TcpLimits>
  /** Counts connections together with other listeners of the server; `limits` then says only `handshakeMs`. */
  readonly addresses?: Addresses
}

/** A server that can be reached over TCP. */
export interface TcpListener {
  /** `mosaictcp://host:port`, with the port that the system has chosen. */
  readonly url: string
  readonly port: number
  /** Takes nobody any more, and cuts those who are still connected: `MosaicServer.close` says good-bye first. */
  close(): Promise<void>
}

/**
 * Brings a server connections over TCP with TLS 1.3 (specification, "Mosaic over TCP"). Clients prove their key with a certificate, or stay
 * anonymous without one.
 *
 * @throws {Error} of Node's `listen` when the address cannot be had (`code` is `EADDRINUSE`, `EACCES`, …).
 */
export async function listenTcp(options: ListenTcpOptions): Promise<TcpListener> {
  const { server, secretKey, host, port, signal, allowRemote = () => true } = options
  signal?.throwIfAborted()
  const addresses = options.addresses ?? new Addresses({ limits: options.limits ?? {} })
  const tls = createTls(secretKey, options.limits?.handshakeMs ?? HANDSHAKE_MS)
  const open = new Set<Socket>()
  /** Why those are turned away who are, by the ends of their socket: TLS brings a socket of its own. */
  const refusals = new Map<string, ResultCode>()

  tls.on("connection", (socket: Socket) => {
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
  // Whatever goes wrong before the handshake is done is the peer's; Node has closed the socket then.
  tls.on("tlsClientError", () => {})
  tls.on("secureConnection", (socket: TLSSocket) => {
    const channel = openChannel(socket)
    const refusal = refusals.get(socketEnds(socket))
    if (channel === undefined) socket.destroy()
    else void (refusal === undefined ? server.serve(channel) : turnAway(channel, refusal))
  })

  await listen(tls, host, port)
  // Such as too many open files: the connection at hand is lost, the listener stays.
  tls.on("error", () => {})
  const bound = tls.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => tls.close(() => resolve()))
    for (const socket of open) socket.destroy()
    await closed
  }
  signal?.addEventListener("abort", () => void close(), { once: true })
  return { url: `mosaictcp://${host.includes(":") ? `[${host}]` : host}:${bound.port}`, port: bound.port, close }
}

function createTls(secretKey: SecretKey, handshakeTimeout: number): TlsServer {
  return createTlsServer({
    ...selfSignedPem(secretKey),
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    sigalgs: "ed25519",
    // Asked for, not demanded. Chains mean nothing here: the certificate is checked by hand, in `certifiedKey`.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout,
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
}

function openChannel(socket: TLSSocket): ByteChannel | undefined {
  // A resumed session would bring a key that was proved some other time.
  if (socket.isSessionReused()) return undefined
  const peer = certifiedKey(socket.getPeerX509Certificate())
  if (peer === "refused") return undefined
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  return socketChannel(socket, {
    peerKey: peer,
    remote: `${plainAddress(socket.remoteAddress) ?? "unknown"}:${socket.remotePort ?? 0}`,
    linger: (destroy) => void setTimeout(destroy, LINGER_MS).unref(),
  })
}

async function listen(server: TlsServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", reject)
      resolve()
    })
  })
}
