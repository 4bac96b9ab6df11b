import { setTimeout as delay } from "node:timers/promises"
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls"
import { type SecretKey, selfSignedCertificate, socketChannel } from "@tessera/mosaic"
import { type ListenTcpOptions, type TcpListener, listenTcp } from "../transport/tcp.ts"
import { persona } from "./personas.test-suite.ts"
import { RawPeer } from "./raw-peer.test-suite.ts"
import { Rig, type RigOptions } from "./rig.test-suite.ts"

const home = persona(200)

/** A server that listens on this machine. */
export class TcpRig extends Rig {
  readonly #options: Partial<ListenTcpOptions>
  readonly #sockets: TLSSocket[] = []
  listener: TcpListener | undefined
  readonly host: string

  constructor(options: Partial<ListenTcpOptions> = {}, rigOptions: RigOptions = {}) {
    super(rigOptions)
    this.#options = options
    this.host = options.host ?? "127.0.0.1"
  }

  async listen(): Promise<this> {
    this.listener = await listenTcp({ server: this.server, secretKey: home.secret, host: this.host, port: 0, ...this.#options })
    return this
  }

  get port(): number {
    return this.listener?.port ?? 0
  }

  /** A TLS connection that a test makes as it likes; rejects when it fails. */
  async tls(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: this.host, port: this.port, rejectUnauthorized: false, ...options })
    this.#sockets.push(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve)
      socket.once("error", reject)
      socket.once("close", () => reject(new Error("closed")))
    })
    return socket
  }

  async peer(options: ConnectionOptions = {}): Promise<RawPeer> {
    const socket = await this.tls(options)
    return new RawPeer(
      socketChannel(socket, { peerKey: undefined, remote: "", linger: (destroy) => void setTimeout(destroy, 500).unref() }),
    )
  }

  /** Resolves when no connection is left. */
  async quiet(): Promise<void> {
    while (this.server.stats().connections > 0) await delay(5)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // Nobody is left who would have to be waited for.
    for (const socket of this.#sockets) socket.destroy()
    await super[Symbol.asyncDispose]()
    await this.listener?.close()
  }
}

export const pem = (label: string, base64: string): string => `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`

/** What a client proves its key with; `change` may break the certificate. */
export function credentials(
  { secret }: { secret: SecretKey },
  change: (certificate: Uint8Array) => void = () => {},
): { cert: string; key: string } {
  const { certificate, privateKey } = selfSignedCertificate(secret)
  change(certificate)
  return {
    cert: pem("CERTIFICATE", Buffer.from(certificate).toString("base64")),
    key: pem("PRIVATE KEY", Buffer.from(privateKey).toString("base64")),
  }
}
