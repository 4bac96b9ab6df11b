import { randomBytes } from "node:crypto"
import {
  type Bootstrap,
  encodeBootstrap,
  fromHex,
  parseMosaicUrl,
  parseSecretKey,
  publicKeyOf,
  signBootstrap,
  toHex,
} from "@tessera/mosaic"
import { afterAll, beforeAll, expect, test } from "vitest"
import { LibtorrentPeer } from "./libtorrent-peer.test-suite.ts"
import { LocalNetwork } from "./local-network.test-suite.ts"
import { MainlineDht } from "./mainline-dht.ts"

let network: LocalNetwork
let peer: LibtorrentPeer
beforeAll(async () => {
  network = await LocalNetwork.open(12)
  peer = await LibtorrentPeer.start(network.port(0))
}, 20_000)
afterAll(async () => {
  peer[Symbol.dispose]()
  await network[Symbol.asyncDispose]()
})

const at = (host: string): Bootstrap => ({ type: "server", urls: [parseMosaicUrl(`mosaictcp://${host}`)] })

test("libtorrent reads what we put, and we read what it puts, each the newest", { timeout: 30_000 }, async () => {
  await using dht = await MainlineDht.open({ nodes: [network.entry], addresses: ["127.0.0.1"], queryMs: 300 })
  const seed = randomBytes(32)
  const secret = parseSecretKey(seed)
  const key = toHex(publicKeyOf(secret))
  const ours = signBootstrap(at("ours.example"), secret, 5n)
  expect((await dht.put(ours)).ok).toBe(true)
  expect(await peer.ask({ do: "get", key, salt: "msb24" })).toEqual({
    value: toHex(ours.text),
    sequence: 5,
    signature: toHex(ours.signature),
  })

  const text = encodeBootstrap(at("theirs.example"))
  const { nodes, sequence } = await peer.ask({ do: "put", seed: toHex(seed), key, salt: "msb24", value: toHex(text) })
  expect(nodes).toBeGreaterThan(0)
  expect(sequence).toBe(6)
  expect(await dht.lookup("server", publicKeyOf(secret))).toEqual(signBootstrap(at("theirs.example"), secret, 6n))
  expect(await dht.put(signBootstrap(at("late.example"), secret, 6n))).toMatchObject({ ok: false, reason: "conflict" })
})

test("libtorrent reads a text of 983 bytes, under the salt of persons too", { timeout: 30_000 }, async () => {
  await using dht = await MainlineDht.open({ nodes: [network.entry], addresses: ["127.0.0.1"], queryMs: 300 })
  const keys = Array.from({ length: 16 }, () => publicKeyOf(parseSecretKey(randomBytes(32))))
  const signed = signBootstrap(
    { type: "user", servers: keys.map((serverKey) => ({ usage: 7, serverKey })) },
    parseSecretKey(randomBytes(32)),
    1n,
  )
  await dht.put(signed)
  const { value } = await peer.ask({ do: "get", key: toHex(signed.key), salt: "mub25" })
  expect(fromHex(String(value))).toEqual(signed.text)
})
