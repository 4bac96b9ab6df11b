import { publicKeyOf } from "@tessera/mosaic"
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { WrongServerError } from "../errors.ts"
import { keyOf, secretOf, write } from "../testing.test-suite.ts"
import { PoolFullError, RestingError, UnreachableError } from "./errors.ts"
import { TestServer, TestWorld, collect, idsOf } from "./test-world.test-suite.ts"

const filter = { authors: [keyOf(1)] }

describe("a pool", () => {
  it("shares one connection to a server among all who need it", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server])
    const leases = await Promise.all([1, 2, 3].map(() => world.pool.lease(server.key)))
    expect(server.dials).toBe(1)
    expect(world.pool.size).toBe(1)
    expect(new Set(leases.map(({ connection }) => connection)).size).toBe(1)
    expect(world.events).toMatchObject([{ type: "connected", url: server.url }])
  })

  it("does not tell a server who asks, except where that is wanted", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server], { identity: secretOf(5) })
    await using anonymous = await world.pool.lease(server.key)
    await using known = await world.pool.lease(server.key, { asSelf: true })
    expect(known.connection).not.toBe(anonymous.connection)
    expect(server.proved).toEqual([undefined, publicKeyOf(secretOf(5))])
  })

  it("tries the URLs in the server's order, and takes nobody else's answer", async () => {
    const [gone, impostor, right] = [new TestServer(101), new TestServer(102), new TestServer(103)]
    gone.isDown = true
    const dialled: string[] = []
    const servers = [gone, impostor, right]
    await using world = new TestWorld(servers, {
      urlsOf: () => ["mosaic://192.0.2.1/", ...servers.map(({ url }) => url)],
      onDial: (url) => void dialled.push(url),
    })
    await using lease = await world.pool.lease(right.key)
    await lease.connection.ping()
    expect(dialled).toEqual(servers.map(({ url }) => url))
  })

  it("says of each URL why it did not work, and leaves the server alone for a while, longer each time", async () => {
    const [gone, impostor] = [new TestServer(101), new TestServer(102)]
    gone.isDown = true
    await using world = new TestWorld([gone, impostor], { urlsOf: () => [gone.url, impostor.url] })
    const failure: unknown = await world.pool.lease(gone.key).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UnreachableError)
    expect((failure as UnreachableError).attempts.map(({ url }) => url)).toEqual([gone.url, impostor.url])
    expect((failure as UnreachableError).attempts[1]?.error).toBeInstanceOf(WrongServerError)
    expect(world.events).toMatchObject([{ type: "failed", server: gone.key }])
    const rests: number[] = []
    for (let round = 0; round < 4; round += 1) {
      const resting: unknown = await world.pool.lease(gone.key).catch((error: unknown) => error)
      expect(resting).toBeInstanceOf(RestingError)
      rests.push((resting as RestingError).milliseconds)
      world.pass((resting as RestingError).milliseconds)
      await expect(world.pool.lease(gone.key)).rejects.toThrow(UnreachableError)
    }
    expect(rests).toEqual([750, 1_500, 3_000, 6_000])
    world.pass(60_000)
    gone.isDown = false
    await expect(world.pool.lease(gone.key)).resolves.toBeDefined()
  })

  it("knows when there is no URL to dial", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server], { urlsOf: () => ["mosaic://192.0.2.1/"] })
    await expect(world.pool.lease(server.key)).rejects.toThrow("no URL")
    expect(world.pool.canDial("mosaic://192.0.2.1/")).toBe(false)
    expect(world.pool.canDial(server.url)).toBe(true)
  })

  it("closes connections that nobody uses, after a while", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server], { idleMs: 40 })
    const lease = await world.pool.lease(server.key)
    await delay(80)
    expect(world.pool.size).toBe(1)
    await lease[Symbol.asyncDispose]()
    await lease[Symbol.asyncDispose]()
    await using again = await world.pool.lease(server.key)
    await delay(80)
    expect(server.dials).toBe(1)
    await again[Symbol.asyncDispose]()
    await expect.poll(() => world.pool.size).toBe(0)
    await expect.poll(() => server.server.stats().connections).toBe(0)
    expect(world.events.filter(({ type }) => type === "ended")).toEqual([])
  })

  it("holds no more connections than it may: idle ones make room, else one waits for a free one", async () => {
    const servers = [101, 102, 103].map((seed) => new TestServer(seed))
    await using world = new TestWorld(servers, { maxConnections: 2, waitMs: 50 })
    const [a, b, c] = servers as [TestServer, TestServer, TestServer]
    const first = await world.pool.lease(a.key)
    const second = await world.pool.lease(b.key)
    await expect(world.pool.lease(c.key)).rejects.toThrow(PoolFullError)
    setTimeout(() => void second[Symbol.asyncDispose](), 10)
    await using third = await world.pool.lease(c.key)
    await third.connection.ping()
    expect(world.pool.size).toBe(2)
    await first[Symbol.asyncDispose]()
    await using fourth = await world.pool.lease(b.key)
    await fourth.connection.ping()
    expect(world.pool.size).toBe(2)
    expect(a.server.stats().connections).toBeLessThanOrEqual(1)
  })

  it("opens a new connection when the old one ends, and says that it ended", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server])
    const lease = await world.pool.lease(server.key)
    await server.hangUp()
    await lease.connection.closed
    await expect.poll(() => world.events.map(({ type }) => type)).toEqual(["connected", "ended"])
    await expect(world.pool.lease(server.key)).rejects.toThrow(RestingError)
    world.pass(2_000)
    await using again = await world.pool.lease(server.key)
    await again.connection.ping()
    expect(server.dials).toBe(2)
  })

  it("gives up waiting with its signal, and goes on for others", async () => {
    const server = new TestServer(101)
    await using world = new TestWorld([server])
    const abort = new AbortController()
    const given = world.pool.lease(server.key, { signal: abort.signal })
    const other = world.pool.lease(server.key)
    abort.abort(new Error("enough"))
    await expect(given).rejects.toThrow("enough")
    await (await other).connection.ping()
  })

  it("closes everything when it is disposed of", async () => {
    const server = new TestServer(101)
    const world = new TestWorld([server])
    const lease = await world.pool.lease(server.key)
    await world.pool[Symbol.asyncDispose]()
    await expect(lease.connection.ping()).rejects.toThrow()
    await expect(world.pool.lease(server.key)).rejects.toThrow("the pool was closed")
    await world[Symbol.asyncDispose]()
  })

  it("tells of a server that says what it should not", async () => {
    const server = new TestServer(101)
    const lie = write(2)
    server.lie = (message) => [message.type === "record" ? { ...message, record: lie.bytes } : message]
    await server.put(write(1))
    await using world = new TestWorld([server])
    await using lease = await world.pool.lease(server.key)
    expect(idsOf(await collect(lease.connection.query(filter)))).toEqual([])
    expect(world.events).toContainEqual({
      type: "misbehaved",
      server: server.key,
      fault: "notAskedFor",
      what: "a record that was not asked for",
    })
  })
})
