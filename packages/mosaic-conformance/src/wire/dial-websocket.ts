import { createHash, randomBytes } from "node:crypto"
import type { ConnectionOptions, TLSSocket } from "node:tls"
import { fail } from "../verdict.ts"
import { type Address, dialTls } from "./dial-tcp.ts"
import { WebSocketInbox, clientFrame } from "./websocket-frames.ts"
import type { Wire } from "./wire.ts"

const ANSWER_MS = 10_000
const MAX_HEAD = 64 * 1024
const OPCODE_BINARY = 0x2

/** What a server said to a request. */
export interface Upgrade {
  readonly status: number
  /** In lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly socket: TLSSocket
  /** What came behind it. */
  readonly rest: Uint8Array
}

export interface UpgradeRequest {
  /** `Sec-WebSocket-Protocol`; undefined: none. */
  readonly protocol: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly tls?: ConnectionOptions
}

/** A WebSocket whose frames a rule writes itself where it wants to. */
export interface WebSocketWire extends Wire {
  readonly transport: "websocket"
  readonly upgrade: Upgrade
  readonly inbox: WebSocketInbox
  /** Bytes as they are, frames or not. */
  sendRaw(bytes: Uint8Array): Promise<void>
}

/** Asks to speak WebSocket. Written for this runner: libraries would mend, or hide, what servers do. @throws {RuleFailure} when there is no answer. */
export async function requestUpgrade({ host, port }: Address, { protocol, headers, tls }: UpgradeRequest): Promise<Upgrade> {
  const socket = await dialTls({ host, port }, { ALPNProtocols: ["http/1.1"], ...tls })
  const key = randomBytes(16).toString("base64")
  const lines = [
    "GET / HTTP/1.1",
    `Host: ${host.includes(":") ? `[${host}]` : host}${port === 443 ? "" : `:${port}`}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${lines.join("\r\n")}\r\n\r\n`)
  const { head, rest } = await readHead(socket)
  const [first = "", ...others] = head.split("\r\n")
  const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(first)?.[1] ?? fail("the answer is no HTTP"))
  const fields = new Map<string, string>()
  for (const line of others) {
    const at = line.indexOf(":")
    const name = line.slice(0, at).toLowerCase()
    fields.set(name, [fields.get(name), line.slice(at + 1).trim()].filter((value) => value !== undefined).join(", "))
  }
  if (status === 101) {
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
    if (fields.get("sec-websocket-accept") !== accept) fail("Sec-WebSocket-Accept does not fit the key of the request")
    if (fields.has("sec-websocket-extensions")) fail("an extension is used that was not offered")
  }
  return { status, headers: fields, socket, rest }
}

/** Makes a wire of an upgrade; each `send` is one binary message. @throws {RuleFailure} when the server refused. */
export function webSocketWire(upgrade: Upgrade): WebSocketWire {
  const { socket, status, rest } = upgrade
  if (status !== 101) {
    socket.destroy()
    fail(`the upgrade to WebSocket gets HTTP ${status}`)
  }
  const inbox = new WebSocketInbox()
  inbox.receive(rest)
  socket.on("data", (chunk: Buffer) => inbox.receive(new Uint8Array(chunk)))
  socket.on("close", () => inbox.end())
  socket.on("end", () => inbox.end())
  const sendRaw = (bytes: Uint8Array): Promise<void> => new Promise((resolve) => socket.write(bytes, () => resolve()))
  return {
    transport: "websocket",
    upgrade,
    inbox,
    incoming: inbox,
    sendRaw,
    send: (bytes) => sendRaw(clientFrame(OPCODE_BINARY, bytes)),
    close: () => socket.destroy(),
  }
}

function readHead(socket: TLSSocket): Promise<{ readonly head: string; readonly rest: Uint8Array }> {
  let got = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const give = (act: () => void): void => {
      clearTimeout(timer)
      socket.off("data", take)
      socket.off("close", end)
      act()
    }
    const end = (): void => give(() => reject(failure("the server closed the connection instead of an answer to the upgrade")))
    const timer = setTimeout(() => give(() => reject(failure("no answer to the upgrade within 10 seconds"))), ANSWER_MS)
    const take = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk])
      const at = got.indexOf("\r\n\r\n")
      if (at >= 0) give(() => resolve({ head: got.toString("latin1", 0, at), rest: new Uint8Array(got.subarray(at + 4)) }))
      else if (got.length > MAX_HEAD) give(() => reject(failure("the answer to the upgrade never ends")))
    }
    socket.on("data", take)
    socket.on("close", end)
  })
}

function failure(message: string): unknown {
  try {
    return fail(message)
  } catch (error) {
    return error
  }
}
