import { randomBytes } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { TLSSocket } from "node:tls"
import {
  AUTH_NONCE_LENGTH,
  type ByteChannel,
  DecodeError,
  encodeMessage,
  formatAuthNonce,
  formatHelloHeaders,
  FrameReader,
  type HelloAckHeaders,
  isBlobPiece,
  type Message,
  type MosaicUrl,
  parseHelloAckHeaders,
  parseMessage,
  parsePublicKey,
  type PublicKey,
  serverProofText,
  VerifyError,
  verifyProof,
  WEBSOCKET_SUBPROTOCOL,
  webSocketChannel,
} from "@tessera/mosaic"
import { WebSocket } from "ws"
import type { Address } from "./addresses.ts"
import type { TlsFacts } from "./certificate.ts"
import { type Reached, unreached, type Unreached } from "./reach.ts"

const MAX_MESSAGE = 64 * 1024

/** What is asked for: Core, Social Media, the specification's examples, and Tessera's own. */
export const APPLICATIONS: readonly number[] = [0, 1, 99, 0x7006_8b0c]

/** What the headers of the upgrade said, as programs see it. */
export interface HeaderHello extends Reached {
  readonly tls: TlsFacts
  readonly ack: HelloAckHeaders | undefined
  /** Why the headers are no Hello Ack. */
  readonly fault: string | undefined
  proves(key: PublicKey): boolean
}

/** What a browser would see: Hello as a message, and who the server says and proves to be. */
export interface PageHello extends Reached {
  readonly applications: readonly number[]
  /** Proved by its signature of our nonce; undefined when it proves none. */
  readonly key: PublicKey | undefined
}

/** Greets a server with headers, as programs do. */
export async function probeHeaders(url: MosaicUrl, address: Address, timeoutMs: number): Promise<HeaderHello | Unreached> {
  const nonce = formatAuthNonce(randomBytes(AUTH_NONCE_LENGTH))
  const headers = formatHelloHeaders({ versions: [0], features: APPLICATIONS, authenticateAs: undefined, serverNonce: nonce })
  const opened = await open(url, address, timeoutMs, Object.fromEntries(headers))
  if (!opened.reached) return opened
  const { socket, tls, fields, milliseconds } = opened
  socket.terminate()
  let ack: HelloAckHeaders | undefined
  let fault: string | undefined
  try {
    ack = parseHelloAckHeaders((name) => first(fields[name]))
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof VerifyError)) throw error
    fault = error.reason
  }
  const proves = (key: PublicKey): boolean => holds(() => verifyProof(ack?.serverProof ?? new Uint8Array(64), serverProofText(nonce), key))
  return { reached: true, milliseconds, tls, ack, fault, proves }
}

/** Greets a server as a page in a browser does. */
export async function probeAsPage(url: MosaicUrl, address: Address, timeoutMs: number): Promise<PageHello | Unreached> {
  const opened = await open(url, address, timeoutMs, {})
  if (!opened.reached) return opened
  const { socket, milliseconds } = opened
  const channel = webSocketChannel(socket, { peerKey: undefined, remote: url.host, linger: (end) => void setTimeout(end, 500).unref() })
  const late = setTimeout(() => socket.terminate(), timeoutMs)
  try {
    const nonce = randomBytes(AUTH_NONCE_LENGTH)
    const messages = read(channel)
    await channel.write(encodeMessage({ type: "hello", version: 0, applications: APPLICATIONS }))
    const ack = await messages.next()
    if (ack.value?.type !== "helloAck")
      return { reached: false, reason: "Hello as a message is not answered with Hello Ack", isOurs: false }
    await channel.write(encodeMessage({ type: "identify", key: undefined, nonce }))
    const { value: identity } = await messages.next()
    let key: PublicKey | undefined
    if (identity?.type === "identity") {
      const { key: said, proof } = identity
      if (holds(() => verifyProof(proof, serverProofText(formatAuthNonce(nonce)), parsePublicKey(said)))) key = parsePublicKey(said)
    }
    return { reached: true, milliseconds, applications: ack.value.applications, key }
  } catch (error) {
    if (error instanceof DecodeError) return { reached: false, reason: `what it says is not Mosaic: ${error.reason}`, isOurs: false }
    return unreached(error)
  } finally {
    clearTimeout(late)
    socket.terminate()
  }
}

interface Opened extends Reached {
  readonly socket: WebSocket
  readonly tls: TlsFacts
  readonly fields: IncomingHttpHeaders
}

async function open(url: MosaicUrl, address: Address, timeoutMs: number, headers: Record<string, string>): Promise<Opened | Unreached> {
  const start = performance.now()
  const host = url.hostType === "ipv6" ? `[${url.host}]` : url.host
  const socket = new WebSocket(`wss://${host}:${url.port}/`, WEBSOCKET_SUBPROTOCOL, {
    headers,
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    followRedirects: false,
    rejectUnauthorized: false,
    // The address is given: each of a name's is looked at.
    lookup: (_name, options, answer) => {
      const found = { address: address.host, family: address.family }
      if (options.all === true) answer(null, [found])
      else answer(null, found.address, found.family)
    },
  })
  let seen: { readonly tls: TlsFacts; readonly fields: IncomingHttpHeaders } | undefined
  socket.once("upgrade", ({ headers: fields, socket: line }) => {
    if (line instanceof TLSSocket) seen = { fields, tls: factsOf(line) }
  })
  // What the server says at once must not be lost before there is a channel.
  socket.once("open", () => socket.pause())
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve)
      socket.once("error", reject)
      socket.once("unexpected-response", (_request, { statusCode }) => reject(new Error(`it answers ${statusCode} instead of a WebSocket`)))
    })
    if (seen === undefined) throw new Error("there is no TLS")
    setImmediate(() => socket.resume())
    return { reached: true, milliseconds: performance.now() - start, socket, ...seen }
  } catch (error) {
    socket.on("error", () => {})
    socket.terminate()
    return unreached(error)
  }
}

function factsOf(line: TLSSocket): TlsFacts {
  const fault: unknown = line.authorizationError
  return {
    version: line.getProtocol() ?? "unknown",
    certificate: line.getPeerX509Certificate(),
    isOfAuthority: line.authorized,
    fault: fault instanceof Error ? ("code" in fault ? String(fault.code) : fault.message) : typeof fault === "string" ? fault : undefined,
  }
}

async function* read(channel: ByteChannel): AsyncGenerator<Message, undefined, void> {
  const reader = new FrameReader({ maxFrame: MAX_MESSAGE, maxBlob: 0 })
  for await (const chunk of channel.incoming) {
    for (const part of reader.push(chunk)) if (!isBlobPiece(part)) yield parseMessage(part.bytes)
  }
  return undefined
}

function holds(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof VerifyError || error instanceof DecodeError) return false
    throw error
  }
}

const first = (value: string | readonly string[] | undefined): string | undefined => (typeof value === "string" ? value : value?.join(","))
