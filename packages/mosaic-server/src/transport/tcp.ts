import { constants } from "node:crypto"
import { chmod } from "node:fs/promises"
import { type Server as TlsServer, type TLSSocket, createServer as createTlsServer } from "node:tls"
import { type ByteChannel, type SecretKey, socketChannel } from "@tessera/mosaic"
import type { MosaicServer } from "../server.ts"
import { type AddressLimits, Addresses } from "./addresses.ts"
import { certifiedKey } from "./certified-key.ts"
import { Gate, type GateOptions, listenerUrl, remoteOf } from "./gate.ts"
import { selfSignedPem } from "./self-signed-pem.ts"

/** How long a peer may take for the TLS handshake, and to receive the last bytes after the connection is closed, in milliseconds. */
const HANDSHAKE_MS = 30_000
const LINGER_MS = 2_000
/** Connections that a program of this machine may bring at a time. */
const LOCAL_CONNECTIONS = 2_000

export { type AddressLimits, Addresses, type AddressesOptions, DEFAULT_ADDRESS_LIMITS, type Entrance } from "./addresses.ts"

/** What a listener gives to those who connect. */
export interface TcpLimits extends AddressLimits {
  readonly handshakeMs: number
}

/** Where to listen, and for which server. */
export interface ListenTcpOptions extends ListenOptions {
  /** An address of this machine, IPv4 or IPv6; `::` for all of both kinds. */
  readonly host: string
  /** 0 lets the system choose one. */
  readonly port: number
  /** Says whether a peer address (without port, IPv4 in its own form) may connect; others are dropped before TLS. */
  readonly allowRemote?: (address: string) => boolean
}

/** Where to listen on this machine alone, for a program that brings others in: Tor, or a proxy. */
export interface ListenLocalOptions extends ListenOptions {
  /** Of a Unix socket, which is made for this user alone, and removed at the end. */
  readonly path: string
}

/** What every listener is told. */
export interface ListenOptions {
  readonly server: MosaicServer
  /** The server's secret key: `server.serverKey` is its public one. */
  readonly secretKey: SecretKey
  /** Ends the listener and its connections. */
  readonly signal?: AbortSignal
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
  const { host, port, allowRemote = () => true } = options
  const gate = openGate(options, { allowRemote })
  const bound = await gate.listen({ host, port })
  options.signal?.addEventListener("abort", () => void gate.close(), { once: true })
  return { url: listenerUrl("mosaictcp", host, bound), port: bound, close: () => gate.close() }
}

/**
 * The same on a Unix socket. Peers have no addresses there: all are counted as one, who may have all the connections there are, and nobody among them
 * is told why they are turned away.
 *
 * @throws {Error} of Node's `listen` when the path cannot be had.
 */
export async function listenLocal(options: ListenLocalOptions): Promise<Pick<TcpListener, "close">> {
  const { path, signal, limits = {} } = options
  const addresses =
    options.addresses ?? new Addresses({ limits: { ...limits, connectionsPerAddress: limits.connections ?? LOCAL_CONNECTIONS } })
  const gate = openGate({ ...options, addresses }, { allowRemote: () => true, isLocal: true })
  await gate.listen({ path })
  await chmod(path, 0o600)
  signal?.addEventListener("abort", () => void gate.close(), { once: true })
  return { close: () => gate.close() }
}

function openGate(options: ListenOptions, who: Omit<GateOptions, "addresses">): Gate {
  const { server, secretKey, signal } = options
  signal?.throwIfAborted()
  const addresses = options.addresses ?? new Addresses({ limits: options.limits ?? {} })
  const tls = createTls(secretKey, options.limits?.handshakeMs ?? HANDSHAKE_MS)
  const gate = new Gate(tls, { addresses, ...who })

  // Whatever goes wrong before the handshake is done is the peer's. Of one that takes too long Node says so and closes nothing.
  tls.on("tlsClientError", (_error, socket) => socket.destroy())
  tls.on("secureConnection", (socket: TLSSocket) => {
    const channel = openChannel(socket)
    if (channel === undefined) socket.destroy()
    else gate.serve(server, channel, socket)
  })
  return gate
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
    remote: remoteOf(socket),
    linger: (destroy) => void setTimeout(destroy, LINGER_MS).unref(),
  })
}
