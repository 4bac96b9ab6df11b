import { type ConnectionOptions, type TLSSocket, connect } from "node:tls"
import { RuleFailure } from "../verdict.ts"
import { Inbox, type Wire } from "./wire.ts"

const CONNECT_MS = 10_000

/** TLS as this runner speaks it unless a rule wants something else: whatever version the server prefers, and nobody's chain is believed. */
const DEFAULTS: ConnectionOptions = { minVersion: "TLSv1.2", rejectUnauthorized: false, servername: "" }

/** A certificate to show, DER, and its key, PKCS #8. */
export interface Credentials {
  readonly certificate: Uint8Array
  readonly privateKey: Uint8Array
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** @throws {RuleFailure} when no TLS connection comes about. */
export async function dialTls(address: Address, options: ConnectionOptions = {}, credentials?: Credentials): Promise<TLSSocket> {
  const own =
    credentials === undefined ? {} : { cert: pem("CERTIFICATE", credentials.certificate), key: pem("PRIVATE KEY", credentials.privateKey) }
  const socket = connect({ ...address, ...DEFAULTS, ...own, ...options })
  socket.on("error", () => {})
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new RuleFailure("no TLS connection within 10 seconds")), CONNECT_MS)
    socket.once("secureConnect", resolve)
    socket.once("error", (error) => reject(new RuleFailure(`no TLS connection: ${error.message}`)))
    socket.once("close", () => reject(new RuleFailure("no TLS connection: the server closed it")))
    socket.once("close", () => clearTimeout(timer))
    socket.once("secureConnect", () => clearTimeout(timer))
  }).catch((error: unknown) => {
    socket.destroy()
    throw error
  })
  socket.setNoDelay(true)
  return socket
}

/** The bytes of a TLS connection. */
export function tlsWire(socket: TLSSocket): Wire {
  const incoming = new Inbox()
  socket.on("data", (chunk: Buffer) => incoming.push(new Uint8Array(chunk)))
  socket.on("close", () => incoming.end())
  socket.on("end", () => incoming.end())
  return {
    transport: "tcp",
    incoming,
    send: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    close: () => socket.destroy(),
  }
}

function pem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
}
