import {
  type Message,
  type PublicKey,
  type Timestamp,
  type VerifiedRecord,
  PROFILE,
  buildKeySchedule,
  buildRetraction,
  equalBytes,
  expiresTag,
  makeKind,
  nonceFromBytes,
  nonceFromText,
  nonceFromTimestamp,
  notifyTag,
  signAttestation,
  toHex,
} from "@tessera/mosaic"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { deliver } from "../pool/deliver.ts"
import { allAsked, readStored } from "../pool/read.ts"
import { TestServer, TestWorld, collect } from "../pool/test-world.test-suite.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import { type ReadPlan, planReading } from "../routing/plan-reading.ts"
import { NOON, keyOf, later, secretOf, write } from "../testing.test-suite.ts"
import type { Finding } from "./report.ts"
import { mustBeShown, sight } from "./sighting.ts"
import { Watcher } from "./watcher.ts"

const AUTHOR = 1
const DEVICE = 51
const GRACE = 600

/** Three outboxes of one person, who are watched while time passes as a test wants. */
class Watched implements AsyncDisposable {
  now: Timestamp = later(7_200)
  readonly servers: TestServer[]
  readonly world: TestWorld
  readonly watcher: Watcher

  constructor({ skews = [0, 0, 0], requestMs = 30_000 }: { readonly skews?: readonly number[]; readonly requestMs?: number } = {}) {
    this.watcher = new Watcher({ now: () => this.now, graceMs: GRACE * 1_000 })
    this.servers = skews.map((skew, index) => new TestServer(101 + index, undefined, () => later(skew, this.now)))
    const limits = { requestMs, helloMs: requestMs }
    this.world = new TestWorld(this.servers, { now: () => this.now, connect: { limits }, onEvent: (event) => this.watcher.pooled(event) })
  }

  server(index: number): TestServer {
    const server = this.servers[index]
    if (server === undefined) throw new Error(`no server ${index}`)
    return server
  }

  plan(): ReadPlan {
    const facts: RoutingFacts = {
      servers: () => this.servers.map(({ key }) => ({ usage: 1, serverKey: key })),
      urls: (key: PublicKey) => this.servers.filter((server) => equalBytes(server.key, key)).map(({ url }) => url),
      canDial: () => true,
    }
    return planReading({ authors: [keyOf(AUTHOR)], redundancy: 3 }, facts)
  }

  async read(limit?: number): Promise<void> {
    const { reads } = this.plan()
    const options = { clock: () => performance.now(), patienceMs: 2_000, observers: [this.watcher.watch(allAsked(reads))] }
    await collect(readStored(this.world.pool, reads, limit === undefined ? options : { ...options, limit }))
  }

  /** Grace passes, and what is suspected is looked into. */
  async settle(): Promise<void> {
    this.now = later(GRACE + 1, this.now)
    await this.watcher.confirm(this.world.pool, AbortSignal.timeout(20_000))
  }

  /** What was noticed: server by number, and what. */
  get findings(): [number, Finding][] {
    return this.watcher.reports.map(({ server, finding }) => [this.servers.findIndex(({ key }) => equalBytes(key, server)), finding])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]()
  }
}

const withholding =
  (hidden: (id: string) => boolean) =>
  (message: Message): Message[] =>
    message.type === "record" && hidden(toHex(message.record.subarray(0, 48))) ? [] : [message]

describe("a watcher", () => {
  it("reports records that one server withholds and the others show, with evidence, after a while", async () => {
    await using watched = new Watched()
    const records = Array.from({ length: 40 }, () => write(AUTHOR))
    for (const server of watched.servers) await server.put(...records)
    const hidden = records.slice(10, 30)
    const ids = new Set(hidden.map(({ id }) => toHex(id)))
    watched.server(1).lie = withholding((id) => ids.has(id))
    await watched.read()
    expect(watched.findings).toEqual([])
    await watched.watcher.confirm(watched.world.pool, AbortSignal.timeout(5_000))
    expect(watched.findings).toEqual([])
    await watched.settle()
    expect(watched.findings).toHaveLength(1)
    const [[server, finding] = []] = watched.findings
    expect(server).toBe(1)
    expect(finding).toMatchObject({ type: "missing", role: "outbox", author: keyOf(AUTHOR), acknowledged: false })
    if (finding?.type !== "missing") throw new Error("no missing")
    expect(new Set(finding.ids.map(toHex))).toEqual(ids)
    expect(watched.watcher.health(watched.server(1).key)).toBeLessThan(watched.watcher.health(watched.server(0).key))
  })

  it("says when a server had taken what it does not show", async () => {
    await using watched = new Watched()
    const record = write(AUTHOR)
    const delivered = await deliver(
      watched.world.pool,
      watched.servers.map(({ key }) => ({ server: key })),
      record,
    )
    for (const one of delivered) watched.watcher.delivered(record, one)
    watched.server(2).lie = withholding(() => true)
    await watched.read()
    await watched.settle()
    expect(watched.findings).toMatchObject([[2, { type: "missing", acknowledged: true }]])
  })

  it("notices who still shows an old version", async () => {
    await using watched = new Watched()
    const profile = (text: string, seconds: number) =>
      write(AUTHOR, { kind: PROFILE, nonce: nonceFromText("profile"), timestamp: later(seconds), text })
    const [old, fresh] = [profile("old", 1), profile("new", 2)]
    await watched.server(0).put(fresh)
    await watched.server(1).put(old)
    await watched.server(2).put(old, fresh)
    await watched.read()
    await watched.settle()
    expect(watched.findings).toMatchObject([[1, { type: "missing", ids: [fresh.id] }]])
  })

  it("holds nothing against a server that refused a record openly", async () => {
    await using watched = new Watched()
    const record = write(AUTHOR)
    await watched.server(0).put(record)
    await watched.server(2).put(record)
    watched.watcher.delivered(record, { server: watched.server(1).key, outcome: "refused", code: 38 })
    await watched.read()
    await watched.settle()
    expect(watched.findings).toMatchObject([[1, { type: "recordRefused", code: 38 }]])
  })

  it("compares only as far back as an answer reaches", async () => {
    await using watched = new Watched()
    const records = Array.from({ length: 12 }, () => write(AUTHOR))
    await watched.server(0).put(...records)
    await watched.server(1).put(...records.slice(3))
    await watched.server(2).put(...records)
    await watched.read(9)
    await watched.settle()
    expect(watched.findings).toEqual([])
    await watched.read()
    await watched.settle()
    expect(watched.findings).toMatchObject([[1, { type: "missing", ids: { length: 3 } }]])
  })

  it.each<[string, (server: TestServer) => void, Partial<Finding>]>([
    [
      "records that do not hold",
      (server) =>
        (server.lie = (message) => {
          if (message.type !== "record") return [message]
          const record = message.record.slice()
          record[record.length - 1] = (record.at(-1) ?? 0) ^ 1
          return [{ ...message, record }]
        }),
      { type: "forged" },
    ],
    [
      "records that were not asked for",
      (server) => (server.lie = (message) => [message.type === "record" ? { ...message, record: write(2).bytes } : message]),
      { type: "notAskedFor" },
    ],
    ["nothing", (server) => (server.lie = (message) => (message.type === "helloAck" ? [message] : [])), { type: "silent" }],
    ["no Hello Ack", (server) => (server.lie = () => []), { type: "unreachable" }],
    ["nothing at all, as it is gone", (server) => (server.isDown = true), { type: "unreachable" }],
    [
      "refusals",
      (server) => (server.lie = (message) => [message.type === "queryClosed" ? { ...message, result: 39 } : message]),
      { type: "queryRefused", code: 39 },
    ],
  ])("reports a server that sends %s, and reading goes on", async (_, act, finding) => {
    await using watched = new Watched({ requestMs: 250 })
    for (const server of watched.servers) await server.put(write(AUTHOR))
    act(watched.server(1))
    await watched.read()
    expect(watched.findings).toContainEqual([1, expect.objectContaining(finding)])
    expect(watched.findings.filter(([server]) => server !== 1)).toEqual([])
  })

  it("reports somebody else at a server's address, and a connection that breaks", async () => {
    await using watched = new Watched()
    const [first, second] = [watched.server(0), watched.server(1)]
    const watcher = new Watcher({ now: () => watched.now })
    await using world = new TestWorld([second], { urlsOf: () => [second.url], onEvent: (event) => watcher.pooled(event) })
    await expect(world.pool.lease(first.key)).rejects.toThrow()
    expect(watcher.reports.map(({ finding }) => finding.type).sort()).toEqual(["unreachable", "wrongServer"])
    await using lease = await world.pool.lease(second.key)
    await second.hangUp()
    await lease.connection.closed
    await expect.poll(() => watcher.reports.map(({ finding }) => finding.type)).toContain("closed")
  })

  it("expects to be shown only what the reader may see, as servers know them", () => {
    const letter = write(AUTHOR, {
      kind: makeKind({ application: 0x7006_8b0c, number: 3, handling: "unique", readers: "tagged" }),
      tags: [notifyTag(keyOf(9))],
    })
    const draft = write(AUTHOR, { kind: makeKind({ application: 0x7006_8b0c, number: 2, handling: "replaceable", readers: "author" }) })
    const isShown = (record: VerifiedRecord, reader?: PublicKey): boolean => mustBeShown(sight(record, reader, NOON), later(9_000))
    expect([isShown(letter), isShown(letter, keyOf(AUTHOR)), isShown(letter, keyOf(9))]).toEqual([false, false, true])
    expect([isShown(draft), isShown(draft, keyOf(9)), isShown(draft, keyOf(AUTHOR))]).toEqual([false, false, true])
  })
})

const EPHEMERAL = makeKind({ application: 1, number: 4, handling: "ephemeral", readers: "everybody" })

interface Event {
  readonly what: "note" | "profile" | "expiring" | "ephemeral" | "device" | "retract" | "retractAll" | "revoke"
  /** Seconds. */
  readonly at: number
  /** Seconds until each server has it. */
  readonly delays: readonly [number, number, number]
}

const event: fc.Arbitrary<Event> = fc.record({
  what: fc.constantFrom("note", "note", "profile", "expiring", "ephemeral", "device", "device", "retract", "retractAll", "revoke"),
  at: fc.integer({ min: 1, max: 4_000 }),
  delays: fc.tuple(
    ...([0, 1, 2].map(() => fc.integer({ min: 0, max: GRACE - 1 })) as [fc.Arbitrary<number>, fc.Arbitrary<number>, fc.Arbitrary<number>]),
  ),
})

const story = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 14 }),
  reads: fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 4 }),
  skews: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 3 }),
})

const schedule = (state: "active" | "revokedAll", at: Timestamp): VerifiedRecord =>
  buildKeySchedule({
    master: secretOf(AUTHOR),
    timestamp: at,
    entries: [{ use: "signing", key: keyOf(DEVICE), state, since: at, attestation: signAttestation(secretOf(DEVICE), keyOf(AUTHOR)) }],
  })

/** The records of a story, in the order in which they are written. */
function tell(events: readonly Event[]): { readonly record: VerifiedRecord; readonly event: Event }[] {
  const written: VerifiedRecord[] = []
  return [...events]
    .sort((a, b) => a.at - b.at)
    .map((one) => {
      const record = make(one, written)
      written.push(record)
      return { record, event: one }
    })
}

function make({ what, at }: Event, written: readonly VerifiedRecord[]): VerifiedRecord {
  const timestamp = later(at)
  const nonce = nonceFromBytes(nonceFromTimestamp(later(at, later(written.length / 1e9))))
  switch (what) {
    case "profile":
      return write(AUTHOR, { kind: PROFILE, nonce: nonceFromText("profile"), timestamp })
    case "expiring":
      return write(AUTHOR, { timestamp, tags: [expiresTag(later(at + 900))] })
    case "ephemeral":
      return write(AUTHOR, { timestamp, kind: EPHEMERAL })
    case "device":
      return write(DEVICE, { timestamp, author: keyOf(AUTHOR) })
    case "revoke":
      return schedule("revokedAll", timestamp)
    case "retract":
    case "retractAll": {
      const target = written.findLast(
        (record) => record.kind !== PROFILE && record.kind !== EPHEMERAL && (record.kind & 3n) === 0n && record.tags.length === 0,
      )
      if (target === undefined || target.payload.length === 0) return write(AUTHOR, { timestamp })
      return buildRetraction({ signer: secretOf(AUTHOR), nonce, timestamp, targets: [target], allVersions: what === "retractAll" })
    }
    case "note":
      return write(AUTHOR, { timestamp })
  }
}

/** Lets a story happen: every record reaches every server, each after its own delay, while somebody reads now and then. */
async function happen(
  watched: Watched,
  { events, reads }: { readonly events: readonly Event[]; readonly reads: readonly number[] },
): Promise<VerifiedRecord[]> {
  const start = schedule("active", later(-10))
  watched.now = NOON
  for (const server of watched.servers) await server.put(start)
  const told = tell(events)
  const steps = [
    ...told.flatMap(({ record, event: { at, delays } }) =>
      delays.map((delay, index) => ({ at: at + delay, act: () => watched.server(index).put(record) })),
    ),
    ...reads.map((at) => ({ at, act: () => watched.read() })),
    ...reads.map((at) => ({ at: at + GRACE + 1, act: () => watched.watcher.confirm(watched.world.pool, AbortSignal.timeout(20_000)) })),
  ].sort((a, b) => a.at - b.at)
  for (const { at, act } of steps) {
    watched.now = later(at)
    await act()
  }
  await watched.read()
  await watched.settle()
  return told.map(({ record }) => record)
}

describe("accusations", () => {
  it("are made of nobody who is merely late, whatever is written, replaced, taken back, revoked or over", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        await using watched = new Watched({ skews: given.skews })
        await happen(watched, given)
        expect(watched.findings).toEqual([])
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  it("are made of the one who withholds, and of what it withholds, and of nobody else", async () => {
    let accused = 0
    await fc.assert(
      fc.asyncProperty(story, fc.nat(2), fc.integer({ min: 2, max: 4 }), async (given, liar, every) => {
        await using watched = new Watched({ skews: given.skews })
        const isHidden = (id: string): boolean => Number.parseInt(id.slice(-2), 16) % every === 0
        watched.server(liar).lie = withholding(isHidden)
        await happen(watched, given)
        for (const [server, finding] of watched.findings) {
          expect(server).toBe(liar)
          if (finding.type !== "missing") throw new Error(finding.type)
          for (const id of finding.ids) expect(isHidden(toHex(id))).toBe(true)
          accused += 1
        }
      }),
      { numRuns: 15 },
    )
    expect(accused).toBeGreaterThan(0)
  }, 60_000)
})
