import { createServer as createTcpServer } from "node:net"
import { parseSecretKey, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { dialWebSocket } from "@tessera/mosaic-client/websocket"
import { Addresses, createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { expect, test } from "vitest"
import { type ListenAddress, defaultListenAddresses, parseListenUrl } from "../listen-url.ts"
import { Listeners } from "./listeners.ts"

const secretKey = parseSecretKey(new Uint8Array(32).fill(200))
const serverKey = publicKeyOf(secretKey)

async function withListeners(
  places: readonly ListenAddress[],
  act: (listeners: Listeners, sentences: readonly string[]) => Promise<void>,
): Promise<void> {
  const now = () => timestampFromUnixMillis(Date.now())
  const sentences: string[] = []
  await using store = openMemoryStore({ now })
  const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
  await using server = createServer({ store, serverKey, policy, now })
  const options = {
    server,
    secretKey,
    addresses: new Addresses(),
    webSocket: {},
    handshakeMs: 5_000,
    say: (sentence: string) => void sentences.push(sentence),
  }
  await using listeners = await Listeners.open(places, options)
  await act(listeners, sentences)
}

const hostAndPort = (url: string | undefined): { host: string; port: number } => {
  const { host, port } = parseListenUrl(url ?? "")
  return { host, port }
}

test("both transports are served when nobody says where, WebSocket behind a proxy for this machine alone", () => {
  expect(defaultListenAddresses(false)).toEqual([
    { scheme: "mosaictcp", host: "::", port: 1320 },
    { scheme: "mosaicwss", host: "::", port: 443, otherwise: 1321 },
  ])
  expect(defaultListenAddresses(true)).toEqual([
    { scheme: "mosaictcp", host: "::", port: 1320 },
    { scheme: "mosaicwss", host: "127.0.0.1", port: 1321 },
  ])
})

test.each(["[::1]", "127.0.0.1"])("both are reached at %s", async (host) => {
  await withListeners([parseListenUrl(`mosaictcp://${host}:0`), parseListenUrl(`mosaicwss://${host}:0`)], async ({ urls }) => {
    expect(urls).toEqual([`mosaictcp://${host}:${hostAndPort(urls[0]).port}`, `mosaicwss://${host}:${hostAndPort(urls[1]).port}`])
    const channels = [
      await dialTcp({ ...hostAndPort(urls[0]), serverKey }),
      await dialWebSocket({ url: `wss://${host}:${hostAndPort(urls[1]).port}/`, serverKey }),
    ]
    for (const channel of channels) {
      await using connection = await connect(channel)
      expect(await Array.fromAsync(connection.query({}, { limit: 1 }))).toEqual([])
    }
  })
})

test("all addresses of the machine are those of both kinds", async () => {
  await withListeners([parseListenUrl("mosaictcp://[::]:0"), parseListenUrl("mosaicwss://[::]:0")], async ({ urls }) => {
    for (const host of ["127.0.0.1", "::1"]) {
      await using tcp = await connect(await dialTcp({ host, port: hostAndPort(urls[0]).port, serverKey }))
      expect(await Array.fromAsync(tcp.query({}, { limit: 1 }))).toEqual([])
      const url = `wss://${host.includes(":") ? `[${host}]` : host}:${hostAndPort(urls[1]).port}/`
      await using webSocket = await connect(await dialWebSocket({ url, serverKey }))
      expect(await Array.fromAsync(webSocket.query({}, { limit: 1 }))).toEqual([])
    }
  })
})

test("a port that cannot be had is replaced where there is another, and said; else nothing is open", async () => {
  const other = createTcpServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => other.once("listening", resolve))
  const { port } = other.address() as { port: number }
  const place = { scheme: "mosaicwss", host: "127.0.0.1", port } as const
  await withListeners([{ ...place, otherwise: 0 }], async ({ urls }, sentences) => {
    expect(hostAndPort(urls[0]).port).not.toBe(port)
    expect(sentences).toEqual([expect.stringContaining(`port ${port} cannot be had for mosaicwss`)])
  })
  const free = createTcpServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => free.once("listening", resolve))
  const { port: first } = free.address() as { port: number }
  await new Promise((resolve) => free.close(resolve))
  await expect(withListeners([{ scheme: "mosaictcp", host: "127.0.0.1", port: first }, place], async () => {})).rejects.toThrow(
    "EADDRINUSE",
  )
  const again = createTcpServer().listen(first, "127.0.0.1")
  await new Promise((resolve) => again.once("listening", resolve))
  again.close()
  other.close()
})
