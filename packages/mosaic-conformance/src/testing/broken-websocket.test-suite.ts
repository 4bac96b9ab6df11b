import type { AddressInfo } from "node:net"
import { connect as connectPlain } from "node:net"
import { type TLSSocket, createServer as createTls } from "node:tls"
import { parseSecretKey, publicKeyOf, selfSignedCertificate, timestampFromUnixMillis } from "@tessera/mosaic"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { type ListenWebSocketOptions, listenWebSocket } from "@tessera/mosaic-server/websocket"
import type { Target } from "../target.ts"

/** What goes wrong between a client and a good server. */
export interface WebSocketFault {
  /** Changes what a client writes at once: its request, a frame. */
  readonly fromClient?: (bytes: Buffer) => Buffer
  /** Changes the answer to the request. */
  readonly head?: (head: string) => string
  /** Changes what comes behind it. */
  readonly fromServer?: (bytes: Buffer) => Buffer
  /** The server itself, otherwise than it should be. */
  readonly options?: Partial<ListenWebSocketOptions>
}

const secretKey = parseSecretKey(new Uint8Array(32).fill(200))

/** A server behind something that spoils what it says over WebSocket. */
export async function withBrokenWebSocket(fault: WebSocketFault, act: (target: Target) => Promise<void>): Promise<void> {
  const { fromClient = same, head = same, fromServer = same, options } = fault
  const now = () => timestampFromUnixMillis(Date.now())
  await using store = openMemoryStore({ now })
  const policy = rolesPolicy({ roles: new Set(["outbox", "inbox", "encryption"]), members: "everybody" })
  const serverKey = publicKeyOf(secretKey)
  await using server = createServer({ store, serverKey, policy, now })
  const inner = await listenWebSocket({ server, secretKey, host: "127.0.0.1", port: 0, tls: "proxy", ...options })
  const { certificate, privateKey } = selfSignedCertificate(secretKey)
  const sockets = new Set<TLSSocket>()
  const outer = createTls({ cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }, (socket) => {
    sockets.add(socket)
    const line = connectPlain(inner.port, "127.0.0.1")
    let hasHead = false
    socket.on("error", () => {}).on("close", () => line.destroy())
    line.on("error", () => {}).on("close", () => socket.end())
    socket.on("data", (bytes: Buffer) => line.write(fromClient(bytes)))
    line.on("data", (bytes: Buffer) => {
      const end = hasHead ? 0 : bytes.indexOf("\r\n\r\n") + 4
      if (end > 0) socket.write(Buffer.from(head(bytes.toString("latin1", 0, end)), "latin1"))
      hasHead = true
      if (bytes.length > end) socket.write(fromServer(bytes.subarray(end)))
    })
  })
  await new Promise<void>((resolve) => outer.listen(0, "127.0.0.1", resolve))
  try {
    await act({ transport: "websocket", host: "127.0.0.1", port: (outer.address() as AddressInfo).port, serverKey, members: [] })
  } finally {
    for (const socket of sockets) socket.destroy()
    outer.close()
    await server.close()
    await inner.close()
  }
}

const same = <T>(value: T): T => value
const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
