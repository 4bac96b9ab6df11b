import {
  type BootstrapDht,
  type BootstrapPutOutcome,
  type BootstrapSelector,
  type PublicKey,
  type SignedBootstrap,
  BootstrapKeeper,
  RESULT,
  compareBootstraps,
  signBootstrap,
  toHex,
} from "@tessera/mosaic"
import { type MosaicServer, MemberList, channelPair, createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { afterEach, expect, test } from "vitest"
import { connect } from "../connection/connection.ts"
import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { DhtRefusedError } from "../errors.ts"
import { announceMove } from "../moving/new-bootstrap.ts"
import { NotPublishedError, ownBootstrap } from "../moving/own-bootstrap.ts"
import { NOON, keyOf, secretOf } from "../testing.test-suite.ts"
import { bootstrapDiscovery } from "./discovery.ts"
import { type ServerReach, dhtThroughServers } from "./dht-through-servers.ts"

const signed = (sequence: bigint, at = 50, seed = 1): SignedBootstrap =>
  signBootstrap({ type: "user", servers: [{ usage: 7, serverKey: keyOf(at) }] }, secretOf(seed), sequence)

/** One DHT, as much as a server sees of it. */
class FakeDht implements BootstrapDht {
  readonly items = new Map<string, SignedBootstrap>()
  isDown = false

  async lookup(selector: BootstrapSelector, key: PublicKey): Promise<SignedBootstrap | undefined> {
    if (this.isDown) throw new Error("nobody answers")
    return this.items.get(`${selector} ${toHex(key)}`)
  }

  async put(item: SignedBootstrap): Promise<BootstrapPutOutcome> {
    const known = await this.lookup(item.selector, item.key)
    const relation = known === undefined ? "newer" : compareBootstraps(item, known)
    if (known !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known }
    this.items.set(`${item.selector} ${toHex(item.key)}`, item)
    return { ok: true, nodes: 8 }
  }
}

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

const noSleep = { sleep: () => Promise.reject(new Error("not run")) }
const noShelf = { load: async () => [], save: async () => {}, remove: async () => {} }

/** A server with person 1 for a member, and the way to it. */
async function server(dht?: BootstrapDht): Promise<ServerReach> {
  const now = () => NOON
  const keeper = dht && (await BootstrapKeeper.open({ dht, shelf: noShelf, ...noSleep }))
  const made: MosaicServer = createServer({
    store: openMemoryStore({ now }),
    serverKey: keyOf(50),
    policy: rolesPolicy({ roles: new Set(["outbox"]), members: new MemberList([keyOf(1)]) }),
    now,
    ...(dht !== undefined && keeper !== undefined && { dht: { lookups: dht, keeper } }),
  })
  open.push(made)
  let connection: MosaicConnection | undefined
  return async () => {
    if (connection !== undefined) return connection
    const [here, there] = channelPair()
    void made.serve(there)
    connection = await connect(here)
    open.push(connection)
    return connection
  }
}

test("a page finds people and servers through its server", async () => {
  const dht = new FakeDht()
  await dht.put(signed(3n))
  const through = dhtThroughServers([await server(dht)])
  expect(await through.lookup("user", keyOf(1))).toEqual(signed(3n))
  expect(await through.lookup("server", keyOf(1))).toBeUndefined()
  const discovery = bootstrapDiscovery((selector, key, signal) => through.lookup(selector, key, { signal }))
  expect(await discovery.lookupUser(keyOf(1), AbortSignal.timeout(5_000))).toEqual([{ usage: 7, serverKey: keyOf(50) }])
})

test("no single server can hide the newest, and one that fails is no harm", async () => {
  const [old, young, down] = [new FakeDht(), new FakeDht(), new FakeDht()]
  await old.put(signed(3n))
  await young.put(signed(4n))
  down.isDown = true
  const through = dhtThroughServers([await server(down), await server(old), await server(new FakeDht()), await server(young)])
  expect(await through.lookup("user", keyOf(1))).toEqual(signed(4n))
  await expect(dhtThroughServers([await server(down)]).lookup("user", keyOf(1))).rejects.toThrow(
    new DhtRefusedError(RESULT.TEMPORARY_ERROR),
  )
  await expect(dhtThroughServers([await server()]).lookup("user", keyOf(1))).rejects.toThrow(new DhtRefusedError(RESULT.PERSISTENT_ERROR))
  await expect(dhtThroughServers([() => Promise.reject(new Error("no way there"))]).lookup("user", keyOf(1))).rejects.toThrow(
    "no way there",
  )
})

test("a member's bootstrap is put through a server, which says when a newer one is known", async () => {
  const dht = new FakeDht()
  const through = dhtThroughServers([await server(dht)])
  expect(await through.put(signed(3n))).toEqual({ ok: true, nodes: 0 })
  expect(await through.put(signed(2n))).toEqual({ ok: false, reason: "older", known: signed(3n) })
  expect(await through.put(signed(3n, 51))).toEqual({ ok: false, reason: "conflict", known: signed(3n) })
  expect([...dht.items.values()]).toEqual([signed(3n)])
  await expect(through.put(signed(1n, 50, 2))).rejects.toThrow(new DhtRefusedError(RESULT.UNAUTHORIZED))
})

test("a person who moves publishes their new servers through their server, and another device takes the next number", async () => {
  const dht = new FakeDht()
  const through = dhtThroughServers([await server(dht)])
  const signal = AbortSignal.timeout(5_000)
  const device = async () => ({
    keeper: await BootstrapKeeper.open({ dht: through, shelf: noShelf, ...noSleep }),
    dht: through,
    master: secretOf(1),
  })
  const first = ownBootstrap(await device())
  await first.publish({ sequence: 1n, servers: [{ usage: 7, serverKey: keyOf(50) }] }, signal)
  const second = ownBootstrap(await device())
  const person = keyOf(1)
  expect(await announceMove(second, { person, from: keyOf(50), to: keyOf(51), signal })).toMatchObject({ sequence: 2n })
  expect([...dht.items.values()]).toEqual([signed(2n, 51)])
  // The first device learns of it before it signs anything.
  expect(await announceMove(first, { person, from: keyOf(51), to: keyOf(52), signal })).toMatchObject({ sequence: 3n })
  const noDht = dhtThroughServers([await server()])
  const third = ownBootstrap({ ...(await device()), keeper: await BootstrapKeeper.open({ dht: noDht, shelf: noShelf, ...noSleep }) })
  await expect(third.publish({ sequence: 4n, servers: [{ usage: 7, serverKey: keyOf(60) }] }, signal)).rejects.toThrow(NotPublishedError)
  expect([...dht.items.values()]).toEqual([signed(3n, 52)])
})
