import type { Duplex } from "node:stream"
import { type TLSSocket, connect as connectTls } from "node:tls"
import {
  type ByteChannel,
  type MosaicUrl,
  type PublicKey,
  type SecretKey,
  isMosaicUrl,
  parseMosaicUrl,
  selfSignedCertificate,
  socketChannel,
} from "@tessera/mosaic"
import { ConnectionClosedError, WrongServerError } from "../errors.ts"
import type { Dialer } from "../pool/dialer.ts"
import type { DialOptions } from "./dial-options.ts"
import { isCertificateOf } from "./certificate-of.ts"
import { wrongServer } from "./server-proof.ts"

export { WrongServerError }

/** How long connecting may take, and how long the last bytes may take after the connection is closed, in milliseconds. */
const CONNECT_MS = 10_000
const LINGER_MS = 2_000

/** Which server to reach, and as whom. */
export interface DialTcpOptions extends DialOptions {
  /** A name or an address, IPv4 or IPv6. */
  readonly host: string
  readonly port: number
}

/** Speaks over a stream that leads to the server already, such as one through Tor or a proxy; it belongs to the channel from then on. */
export interface DialStreamOptions extends DialOptions {
  readonly stream: Duplex
  /** What is at its other end, for people. */
  readonly remote: string
}

/**
 * Connects to a server over TCP with TLS 1.3 (specification, "Mosaic over TCP"); its key is proved when this resolves.
 *
 * @throws {WrongServerError} when the server's certificate is not one of the pinned key, or broken.
 * @throws {ConnectionClosedError} when nobody answers there, or not in time.
 * @throws the signal's reason when it aborts first.
 */
export function dialTcp(options: DialTcpOptions): Promise<ByteChannel> {
  const { host, port } = options
  return dial({ host, port }, options, (socket) => `${socket.remoteAddress ?? host}:${socket.remotePort ?? port}`)
}

/**
 * The same over a stream that somebody else has opened.
 *
 * @throws as `dialTcp`; the stream is destroyed then.
 */
export function dialStream(options: DialStreamOptions): Promise<ByteChannel> {
  return dial({ socket: options.stream }, options, () => options.remote)
}

async function dial(
  way: { readonly host: string; readonly port: number } | { readonly socket: Duplex },
  { serverKey, clientKey, signal, timeoutMs = CONNECT_MS }: DialOptions,
  remoteOf: (socket: TLSSocket) => string,
): Promise<ByteChannel> {
  if ("socket" in way && signal?.aborted === true) way.socket.destroy()
  signal?.throwIfAborted()
  const socket = connectTls({
    ...way,
    ...(clientKey === undefined ? {} : credentials(clientKey)),
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    sigalgs: "ed25519",
    // Neither names nor chains mean anything here: the certificate is checked by hand. No name is sent in the clear.
    rejectUnauthorized: false,
    servername: "",
  })
  try {
    await connected(socket, timeoutMs, signal)
    requireServerKey(socket, serverKey)
  } catch (error) {
    socket.on("error", () => {})
    socket.destroy()
    throw error
  }
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  return socketChannel(socket, {
    peerKey: serverKey,
    remote: remoteOf(socket),
    linger: (destroy) => void setTimeout(destroy, LINGER_MS).unref(),
  })
}

async function connected(socket: TLSSocket, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal?.reason)
  const fail = (error: Error): void => reject(new ConnectionClosedError(`the server cannot be reached: ${error.message}`))
  const close = (): void => reject(new ConnectionClosedError("the server cannot be reached: it closed the connection"))
  const timer = setTimeout(() => reject(new ConnectionClosedError("the server cannot be reached: it does not answer")), timeoutMs)
  signal?.addEventListener("abort", abort, { once: true })
  socket.once("secureConnect", resolve)
  socket.once("error", fail)
  socket.once("close", close)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", abort)
    socket.off("error", fail)
    socket.off("close", close)
  }
}

/** TLS has proved that the server has the secret key of its certificate. It takes a broken self-signature as well, and any key. */
function requireServerKey(socket: TLSSocket, serverKey: PublicKey): void {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined || !isCertificateOf(certificate, serverKey)) {
    throw wrongServer()
  }
}

function credentials(secret: SecretKey): { cert: string; key: string } {
  const { certificate, privateKey } = selfSignedCertificate(secret)
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`

/** Dials `mosaictcp` URLs, for a pool; not onion sites, which need Tor. */
export const tcpDialer: Dialer = {
  accepts: (url) => readTcpUrl(url) !== undefined,
  dial: async (url, request) => {
    const place = readTcpUrl(url)
    if (place === undefined) throw new ConnectionClosedError("not a URL of this transport")
    return dialTcp({ host: place.host, port: place.port, ...request })
  },
}

function readTcpUrl(text: string): MosaicUrl | undefined {
  const url = isMosaicUrl(text) ? parseMosaicUrl(text) : undefined
  return url?.scheme === "mosaictcp" && url.hostType !== "onion" ? url : undefined
}
