import { randomBytes } from "node:crypto"
import type { AddressInfo } from "node:net"
import { type TLSSocket, createServer as createTls } from "node:tls"
import {
  type ByteChannel,
  type PublicKey,
  FrameReader,
  parseSecretKey,
  publicKeyOf,
  publicKeyOfCertificate,
  selfSignedCertificate,
  socketChannel,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { type RolesOptions, createServer, openMemoryBlobs, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import type { Target } from "../target.ts"

/** What a server does wrong: a change to what goes through it. Each connection has its own. */
export interface Fault {
  /** Every message that a client sends, before the server sees it. */
  readonly fromClient?: (message: Uint8Array, send: (message: Uint8Array) => void) => readonly Uint8Array[]
  /** Every message that the server sends, before the client sees it. */
  readonly fromServer?: (message: Uint8Array) => readonly Uint8Array[]
  /** Whom the server takes the client for. */
  readonly peerKey?: (proved: PublicKey | undefined) => PublicKey | undefined
  /** Said before anything is asked. */
  readonly greeting?: Uint8Array
}

export interface FaultyTls {
  readonly breakCertificate?: boolean
  readonly takesBrokenCertificates?: boolean
  readonly looksAtDates?: boolean
  readonly asksForCertificates?: boolean
  readonly maxVersion?: "TLSv1.2"
  readonly minVersion?: "TLSv1.1"
  readonly changesKey?: boolean
}

const EVERYTHING: RolesOptions = { roles: new Set(["outbox", "inbox", "encryption"]), members: "everybody" }
const now = () => timestampFromUnixMillis(Date.now())

/** A good server in memory, and between it and its clients something that spoils it. */
export class BrokenServer implements AsyncDisposable {
  readonly target: Target
  readonly #stack: AsyncDisposableStack

  private constructor(target: Target, stack: AsyncDisposableStack) {
    this.target = target
    this.#stack = stack
  }

  /** @param serves what it does for whom; everything for everybody when not given. */
  static async start(makeFault: () => Fault = () => ({}), tls: FaultyTls = {}, serves: RolesOptions = EVERYTHING): Promise<BrokenServer> {
    const stack = new AsyncDisposableStack()
    const secretKey = parseSecretKey(randomBytes(32))
    const store = stack.use(openMemoryStore({ now }))
    const policy = rolesPolicy(serves)
    const server = stack.use(createServer({ store, blobs: stack.use(openMemoryBlobs()), serverKey: publicKeyOf(secretKey), policy, now }))
    const { asksForCertificates = true, takesBrokenCertificates = false } = tls
    const credentials = (): { cert: string; key: string } => {
      const { certificate, privateKey } = selfSignedCertificate(tls.changesKey === true ? parseSecretKey(randomBytes(32)) : secretKey)
      if (tls.breakCertificate === true) certificate[certificate.length - 5] = (certificate.at(-5) ?? 0) ^ 1
      return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }
    }
    const listener = createTls({
      ...credentials(),
      requestCert: asksForCertificates,
      rejectUnauthorized: false,
      minVersion: tls.minVersion ?? "TLSv1.2",
      maxVersion: tls.maxVersion ?? "TLSv1.3",
      ...(tls.minVersion === undefined ? {} : { ciphers: "ALL:@SECLEVEL=0" }),
    })
    const sockets = new Set<TLSSocket>()
    listener.on("tlsClientError", () => {})
    // The connection at hand has its key already.
    if (tls.changesKey === true) listener.on("connection", () => listener.setSecureContext(credentials()))
    listener.on("secureConnection", (socket: TLSSocket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      const proved = provedKey(socket, takesBrokenCertificates)
      const validTo = tls.looksAtDates === true ? Date.parse(socket.getPeerX509Certificate()?.validTo ?? "") : Infinity
      if (proved === "refused" || validTo < Date.now()) socket.destroy()
      else
        void server.serve(
          spoil(
            socketChannel(socket, { peerKey: proved, remote: "127.0.0.1:1", linger: (end) => void setTimeout(end, 500).unref() }),
            makeFault(),
          ),
        )
    })
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
    stack.defer(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    })
    const { port } = listener.address() as AddressInfo
    return new BrokenServer({ transport: "tcp", host: "127.0.0.1", port, members: [] }, stack)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

function provedKey(socket: TLSSocket, takesBroken: boolean): PublicKey | undefined | "refused" {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return takesBroken || certificate.verify(certificate.publicKey) ? publicKeyOfCertificate(certificate.raw) : "refused"
}

/** A channel whose messages are changed on their way. What cannot be cut into messages goes through as it is. */
function spoil(channel: ByteChannel, fault: Fault): ByteChannel {
  const { fromClient, fromServer = (message) => [message], peerKey = (proved) => proved, greeting } = fault
  const outgoing = new FrameReader()
  if (greeting !== undefined) void channel.write(greeting).catch(() => {})
  return {
    peerKey: peerKey(channel.peerKey),
    remote: channel.remote,
    incoming: fromClient === undefined ? channel.incoming : changed(channel, fromClient),
    close: () => channel.close(),
    write: async (bytes) => {
      for (const { bytes: message } of outgoing.push(bytes)) for (const each of fromServer(message)) await channel.write(each)
    },
  }
}

async function* changed(channel: ByteChannel, fromClient: NonNullable<Fault["fromClient"]>): AsyncGenerator<Uint8Array, void, void> {
  const reader = new FrameReader()
  const send = (message: Uint8Array): void => void channel.write(message).catch(() => {})
  for await (const chunk of channel.incoming) for (const { bytes } of reader.push(chunk)) yield* fromClient(bytes, send)
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
