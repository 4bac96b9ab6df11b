import { type PublicKey, type VerifiedRecord, compareBytes, toHex } from "@tessera/mosaic"
import { MemberList, rolesPolicy } from "@tessera/mosaic-server"
import { describe, expect, it } from "vitest"
import { realSleep } from "../connection/sleep.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import { type ReadPlan, planReading } from "../routing/plan-reading.ts"
import { keyOf, write } from "../testing.test-suite.ts"
import { deliver } from "./deliver.ts"
import { fetchRecords } from "./fetch-records.ts"
import { type FollowItem, follow } from "./follow.ts"
import { type ReadItem, readStored } from "./read.ts"
import { TestServer, TestWorld, collect, idsOf } from "./test-world.test-suite.ts"

const PEOPLE = [1, 2, 3]
const authors = PEOPLE.map(keyOf)
const newestFirst = (records: readonly VerifiedRecord[]): VerifiedRecord[] => [...records].sort((a, b) => compareBytes(b.id, a.id))
const clock = { clock: () => performance.now(), patienceMs: 2_000 }

/** Three servers; everybody writes to all of them. */
function plan(servers: readonly TestServer[], redundancy = 3): ReadPlan {
  const facts: RoutingFacts = {
    servers: () => servers.map(({ key }) => ({ usage: 1, serverKey: key })),
    urls: (key: PublicKey) => servers.filter((server) => toHex(server.key) === toHex(key)).map(({ url }) => url),
    canDial: () => true,
  }
  return planReading({ authors, redundancy }, facts)
}

const three = (): [TestServer, TestServer, TestServer] => [new TestServer(101), new TestServer(102), new TestServer(103)]
const recordsOf = (items: readonly (ReadItem | FollowItem)[]): VerifiedRecord[] =>
  items.flatMap((item) => ("record" in item ? [item.record] : []))

describe("readStored", () => {
  it("brings what several servers have, each record once, newest first", async () => {
    const servers = three()
    await using world = new TestWorld(servers)
    const records = Array.from({ length: 30 }, (_, index) => write(PEOPLE[index % 3] ?? 1))
    for (const [index, server] of servers.entries()) await server.put(...records.filter((_, place) => place % 4 !== index))
    const items = await collect(readStored(world.pool, plan(servers).reads, clock))
    expect(idsOf(recordsOf(items))).toEqual(idsOf(newestFirst(records)))
  })

  it("goes on when servers fail, says so, and tells whoever watches", async () => {
    const servers = three()
    const [a, b, c] = servers
    await using world = new TestWorld(servers, { connect: { limits: { requestMs: 300 } } })
    const records = [write(1), write(2)]
    await a.put(...records)
    b.isDown = true
    c.lie = (message) =>
      message.type === "record" || message.type === "locallyComplete" || message.type === "queryClosed" ? [] : [message]
    const told: string[] = []
    const nameOf = (key: PublicKey): string => "abc"[servers.findIndex((server) => toHex(server.key) === toHex(key))] ?? "?"
    const items = await collect(
      readStored(world.pool, plan(servers).reads, {
        ...clock,
        patienceMs: 50,
        observers: [
          {
            arrived: ({ read }) => void told.push(`${nameOf(read.server)} arrived`),
            finished: ({ read }, { isWhole }) => void told.push(`${nameOf(read.server)} finished ${isWhole}`),
            failed: ({ read }) => void told.push(`${nameOf(read.server)} failed`),
          },
        ],
      }),
    )
    expect(idsOf(recordsOf(items))).toEqual(idsOf(newestFirst(records)))
    expect(items.flatMap((item) => ("failed" in item ? [nameOf(item.failed)] : []))).toEqual(["b", "c"])
    expect(told.sort()).toEqual(["a arrived", "a arrived", "a finished true", "b failed", "c failed"])
  })

  it("brings the newest only, where that is asked for", async () => {
    const servers = three()
    await using world = new TestWorld(servers)
    const records = Array.from({ length: 9 }, () => write(1))
    for (const server of servers) await server.put(...records)
    const items = await collect(readStored(world.pool, plan(servers).reads, { ...clock, limit: 4 }))
    expect(idsOf(recordsOf(items))).toEqual(idsOf(newestFirst(records)).slice(0, 4))
  })
})

describe("follow", () => {
  it("brings what is stored, newest first, then what is new, once, and goes on elsewhere where it was", async () => {
    const servers = three()
    await using world = new TestWorld(servers)
    const stored = [write(1), write(2), write(3)]
    for (const server of servers) await server.put(...stored)
    const abort = new AbortController()
    const options = {
      sleep: realSleep,
      random: Math.random,
      now: () => world.now,
      signal: abort.signal,
    }
    const following = follow(world.pool, plan(servers).reads, options)
    const items: FollowItem[] = []
    const fresh = [write(1), write(2)]
    let point = following.point
    for await (const item of following) {
      items.push(item)
      if ("complete" in item) for (const server of servers) await server.put(...fresh)
      if (items.length === 6) break
    }
    point = following.point
    expect(idsOf(recordsOf(items).slice(0, 3))).toEqual(idsOf(newestFirst(stored)))
    expect(items[3]).toEqual({ complete: true })
    expect(idsOf(recordsOf(items).slice(3)).sort()).toEqual(idsOf(fresh).sort())

    const missed = write(3)
    await servers[2].put(missed)
    const again = follow(world.pool, plan(servers).reads, { ...options, resume: JSON.parse(JSON.stringify(point)) as typeof point })
    const seen: string[] = []
    for await (const item of again) {
      if ("complete" in item) break
      seen.push(toHex(item.record.id))
    }
    expect(seen).toContain(toHex(missed.id))
    abort.abort()
  })

  it("does not count as dealt with what nobody has taken", async () => {
    const servers = three()
    await using world = new TestWorld(servers)
    for (const server of servers) await server.put(write(1), write(2))
    const abort = new AbortController()
    const following = follow(world.pool, plan(servers).reads, {
      sleep: realSleep,
      random: Math.random,
      now: () => world.now,
      signal: abort.signal,
    })
    const iterator = following[Symbol.asyncIterator]()
    await iterator.next()
    expect(following.point.points).toEqual({})
    abort.abort()
    expect(await iterator.next()).toMatchObject({ done: true })
  })
})

describe("deliver", () => {
  it("brings a record to all servers of a plan and says what became of it", async () => {
    const outbox = (seed: number, members: number[]) =>
      new TestServer(seed, rolesPolicy({ roles: new Set(["outbox"]), members: new MemberList(members.map(keyOf)) }))
    const servers = [outbox(101, [1]), outbox(102, []), outbox(103, [1])] as const
    servers[2].isDown = true
    await using world = new TestWorld([...servers])
    const record = write(1)
    const delivered = await deliver(
      world.pool,
      servers.map(({ key }) => ({ server: key })),
      record,
    )
    expect(delivered.map(({ outcome, ...rest }) => ("code" in rest ? `${outcome} ${rest.code}` : outcome))).toEqual([
      "taken 2",
      "refused 33",
      "failed",
    ])
    expect(delivered.map(({ server }) => toHex(server))).toEqual(servers.map(({ key }) => toHex(key)))
    expect(await deliver(world.pool, [{ server: servers[0].key }], record)).toMatchObject([{ outcome: "taken", code: 3 }])
  })
})

describe("fetchRecords", () => {
  it("asks one server after the other for ids, all of them for addresses", async () => {
    const servers = three()
    const [a, b, c] = servers
    await using world = new TestWorld(servers)
    const [first, second] = [write(1), write(2)]
    await a.put(first)
    await b.put(second)
    c.isDown = true
    const keys = servers.map(({ key }) => key)
    const { records, failed } = await fetchRecords(world.pool, keys, [first.id, second.id])
    expect(idsOf(records)).toEqual(idsOf([first, second]))
    expect(failed).toEqual([])
    const byAddress = await fetchRecords(world.pool, keys, [second.address])
    expect(idsOf(byAddress.records)).toEqual(idsOf([second]))
    expect(byAddress.failed).toHaveLength(1)
  })
})
