import { connect } from "@tessera/mosaic-client"
import { MainlineDht } from "@tessera/mosaic-client/dht"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import {
  type PublicKey,
  type SignedBootstrap,
  decodeUtf8,
  formatUserKey,
  fromHex,
  parseSecretKey,
  parseServerKey,
  publicKeyOf,
  RESULT,
  signBootstrap,
  toHex,
} from "@tessera/mosaic"
import { afterAll, beforeAll, expect, test } from "vitest"
import { LibtorrentPeer } from "../../packages/mosaic-client/src/dht/libtorrent-peer.test-suite.ts"
import { LocalNetwork } from "../../packages/mosaic-client/src/dht/local-network.test-suite.ts"
import { Folder, RunningTessera } from "./tessera.ts"

const ada = parseSecretKey(new Uint8Array(32).fill(1))
const mallory = parseSecretKey(new Uint8Array(32).fill(2))

let network: LocalNetwork
let dht: MainlineDht
let libtorrent: LibtorrentPeer
beforeAll(async () => {
  network = await LocalNetwork.open(20)
  libtorrent = await LibtorrentPeer.start(network.port(0))
  dht = await MainlineDht.open({ nodes: [network.entry], addresses: ["127.0.0.1"] })
})
afterAll(async () => {
  libtorrent[Symbol.dispose]()
  await dht[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

const serve = (folder: string, words: readonly string[]) =>
  RunningTessera.start([
    "serve",
    "--data",
    folder,
    "--listen",
    "mosaictcp://127.0.0.1:0",
    "--member",
    formatUserKey(publicKeyOf(ada)),
    "--json",
    ...words,
  ])

const inDht = (...words: readonly string[]) => ["--dht-bootstrap", `127.0.0.1:${network.entry.port}`, ...words]

async function connectTo(server: RunningTessera) {
  const signal = AbortSignal.timeout(20_000)
  const { hostname: host, port } = new URL((server.ready["urls"] as string[])[0] ?? "")
  return connect(await dialTcp({ host, port: Number(port), serverKey: keyOf(server), signal }), { signal })
}

const keyOf = (server: RunningTessera): PublicKey => parseServerKey(String(server.ready["serverKey"]))

/** The text that the DHT has for a server, with its number. */
async function published(key: PublicKey): Promise<string | undefined> {
  const found = await dht.lookup("server", key)
  return found && `${found.sequence} ${decodeUtf8(found.text)}`
}

const userBootstrap = (serverKey: PublicKey, sequence: bigint, master = ada): SignedBootstrap =>
  signBootstrap({ type: "user", servers: [{ usage: 7, serverKey }] }, master, sequence)

test("a server publishes where it is; after a kill its numbers go on, with what it publishes then", async () => {
  await using folder = await Folder.make()
  const first = await serve(folder.path, inDht("--public-url", "mosaictcp://203.0.113.7"))
  const key = keyOf(first)
  await expect.poll(() => published(key), { timeout: 10_000, interval: 200 }).toBe("1 S\nmosaictcp://203.0.113.7")
  expect((await first.end("SIGKILL")).stdout).toContain('{"event":"published","sequence":"1","nodes":')
  const second = await serve(folder.path, inDht("--public-url", "mosaictcp://203.0.113.7", "--public-url", "mosaicwss://a.example.org"))
  await expect
    .poll(() => published(key), { timeout: 10_000, interval: 200 })
    .toBe("2 S\nmosaictcp://203.0.113.7\nmosaicwss://a.example.org")
  // Another implementation sees the same.
  const { value, sequence } = await libtorrent.ask({ do: "get", key: toHex(key), salt: "msb24" })
  expect([decodeUtf8(fromHex(String(value))), sequence]).toEqual(["S\nmosaictcp://203.0.113.7\nmosaicwss://a.example.org", 2])
  const { code, stdout, stderr } = await second.end()
  expect([code, stderr]).toEqual([0, ""])
  expect(stdout).toContain('{"event":"published","sequence":"2","nodes":')
})

test("a server looks up for whoever asks, and holds what its members publish, after a kill too", async () => {
  await using folder = await Folder.make()
  const server = await serve(folder.path, inDht())
  const key = keyOf(server)
  {
    await using connection = await connectTo(server)
    expect(await connection.lookupBootstrap("user", publicKeyOf(ada))).toEqual({ code: RESULT.NOT_FOUND })
    expect(await connection.putBootstrap(userBootstrap(key, 5n))).toEqual({ code: RESULT.SUCCESS })
    expect(await connection.putBootstrap(userBootstrap(key, 4n))).toEqual({ code: RESULT.DUPLICATE })
    expect(await connection.putBootstrap(userBootstrap(publicKeyOf(mallory), 5n))).toEqual({ code: RESULT.INVALID })
    expect(await connection.putBootstrap(userBootstrap(key, 1n, mallory))).toEqual({ code: RESULT.UNAUTHORIZED })
    expect(await connection.lookupBootstrap("user", publicKeyOf(ada))).toEqual({ code: RESULT.SUCCESS, signed: userBootstrap(key, 5n) })
  }
  expect(await dht.lookup("user", publicKeyOf(ada))).toEqual(userBootstrap(key, 5n))
  expect((await server.end("SIGKILL")).stderr).toContain("nothing to publish in the DHT")
  // Ada publishes something newer elsewhere: the server takes it up when it starts again, and refuses what is older than that.
  await dht.put(userBootstrap(key, 8n))
  await using again = await serve(folder.path, inDht())
  await using connection = await connectTo(again)
  expect(await connection.putBootstrap(userBootstrap(key, 7n))).toEqual({ code: RESULT.DUPLICATE })
})

test("without --dht a server sends nothing there, and says so to whoever asks", async () => {
  await using folder = await Folder.make()
  await using server = await serve(folder.path, [])
  await using connection = await connectTo(server)
  expect(await connection.lookupBootstrap("user", publicKeyOf(ada))).toEqual({ code: RESULT.PERSISTENT_ERROR })
  expect(await connection.putBootstrap(userBootstrap(keyOf(server), 1n))).toEqual({ code: RESULT.PERSISTENT_ERROR })
})

test("a DHT that cannot be reached is told, and the server serves nevertheless", async () => {
  await using folder = await Folder.make()
  const server = await serve(folder.path, ["--dht", "--dht-bootstrap", "127.0.0.1:9", "--public-url", "mosaictcp://203.0.113.7"])
  {
    await using connection = await connectTo(server)
    expect(await connection.lookupBootstrap("user", publicKeyOf(ada))).toEqual({ code: RESULT.TEMPORARY_ERROR })
    expect(await connection.putBootstrap(userBootstrap(keyOf(server), 1n))).toEqual({ code: RESULT.ACCEPTED })
  }
  const { code, stderr } = await server.end()
  expect([code, stderr]).toEqual([0, expect.stringContaining("not published in the DHT yet (no node of the DHT answers)")])
})
