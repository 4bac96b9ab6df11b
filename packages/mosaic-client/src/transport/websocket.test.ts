import { MICROBLOG_ROOT, RESULT, buildRecord, nonceFromText, parseSecretKey, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { type ListenWebSocketOptions, listenWebSocket } from "@tessera/mosaic-server/websocket"
import { describe, expect, it } from "vitest"
import { connect } from "../connection/connection.ts"
import { ConnectionClosedError, WrongServerError } from "../errors.ts"
import { dialBrowser } from "./browser.ts"
import { dialWebSocket } from "./websocket.ts"

const secret = (fill: number) => parseSecretKey(new Uint8Array(32).fill(fill))
const [home, ann, other] = [secret(200), secret(1), secret(2)]
const now = () => timestampFromUnixMillis(Date.now())
/** Only its author may bring it: shows that a key was proved. */
const record = buildRecord({
  author: publicKeyOf(ann),
  signer: ann,
  kind: MICROBLOG_ROOT,
  nonce: nonceFromText("a note"),
  timestamp: now(),
  fromAuthor: true,
})

async function withServer(options: Partial<ListenWebSocketOptions>, act: (address: string) => Promise<void>): Promise<void> {
  await using store = openMemoryStore({ now })
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  await using server = createServer({ store, serverKey: publicKeyOf(home), policy, now })
  const listener = await listenWebSocket({ server, secretKey: home, host: "127.0.0.1", port: 0, ...options })
  try {
    await act(`127.0.0.1:${listener.port}`)
  } finally {
    await server.close()
    await listener.close()
  }
}

/** Both dialers; a page's runs in Node as well, which has the same WebSocket. */
const DIALERS = [
  ["from Node, over TLS", { tls: "selfSigned" }, (address: string) => ({ dial: dialWebSocket, url: `wss://${address}/` })],
  ["from Node, behind a proxy", { tls: "proxy" }, (address: string) => ({ dial: dialWebSocket, url: `ws://${address}/` })],
  ["from a page", { tls: "proxy" }, (address: string) => ({ dial: dialBrowser, url: `ws://${address}/` })],
] as const

describe.each(DIALERS)("a connection over WebSocket %s", (_, options, way) => {
  it("asks, brings and subscribes as over TCP, as whoever it has proved to be", async () => {
    await withServer(options, async (address) => {
      const { dial, url } = way(address)
      await using connection = await connect(await dial({ url, serverKey: publicKeyOf(home), clientKey: ann }))
      expect(connection.applications).toEqual([0, 1, 0x7006_8b0c])
      const items = connection.subscribe({ authors: [publicKeyOf(ann)] })[Symbol.asyncIterator]()
      expect(await items.next()).toMatchObject({ value: { complete: true } })
      expect(await connection.submit(record)).toEqual({ code: RESULT.ACCEPTED })
      expect(await items.next()).toMatchObject({ value: { record: { id: record.id } } })
      await items.return?.()
    })
  })

  it("stays anonymous without a key", async () => {
    await withServer(options, async (address) => {
      const { dial, url } = way(address)
      await using connection = await connect(await dial({ url, serverKey: publicKeyOf(home) }))
      expect(await connection.submit(record)).toEqual({ code: RESULT.REQUIRES_AUTHENTICATION })
    })
  })

  it("talks to nobody who does not prove the pinned key", async () => {
    await withServer(options, async (address) => {
      const { dial, url } = way(address)
      await expect(dial({ url, serverKey: publicKeyOf(other), clientKey: ann })).rejects.toThrow(WrongServerError)
    })
  })
})

describe("a server that is no Mosaic server", () => {
  it("is told as one that cannot be reached", async () => {
    await expect(dialWebSocket({ url: "ws://127.0.0.1:1/", serverKey: publicKeyOf(home) })).rejects.toThrow(ConnectionClosedError)
    await expect(dialBrowser({ url: "ws://127.0.0.1:1/", serverKey: publicKeyOf(home) })).rejects.toThrow(ConnectionClosedError)
  })

  it("is not trusted when its certificate is somebody else's, although it passes on the right proof", async () => {
    await withServer({ tls: "proxy" }, async (address) => {
      const { createServer: createTls } = await import("node:tls")
      const { connect: connectTcp } = await import("node:net")
      const { selfSignedCertificate } = await import("@tessera/mosaic")
      const { certificate, privateKey } = selfSignedCertificate(other)
      const pem = (label: string, der: Uint8Array): string =>
        `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`
      const between = createTls({ cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) }, (socket) => {
        const line = connectTcp({ host: "127.0.0.1", port: Number(address.split(":")[1]) })
        socket
          .on("error", () => {})
          .pipe(line)
          .on("error", () => {})
          .pipe(socket)
      })
      await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve))
      const { port } = between.address() as { port: number }
      await expect(dialWebSocket({ url: `wss://127.0.0.1:${port}/`, serverKey: publicKeyOf(home), clientKey: ann })).rejects.toThrow(
        WrongServerError,
      )
      between.close()
    })
  })
})
