import {
  type BootstrapServer,
  type PublicKey,
  type Timestamp,
  type VerifiedRecord,
  REPLY_COMMENT,
  makeKind,
  notifyTag,
  replyTag,
  rootTag,
  toHex,
} from "@tessera/mosaic"
import { type Policy, createServer, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { type TcpListener, listenTcp } from "@tessera/mosaic-server/tcp"
import { afterEach, describe, expect, it } from "vitest"
import { announceMove } from "../moving/new-bootstrap.ts"
import { moveRecords } from "../moving/move-records.ts"
import type { ReadItem } from "../pool/read.ts"
import { collect, idsOf } from "../pool/test-world.test-suite.ts"
import { keyOf, later, secretOf, write } from "../testing.test-suite.ts"
import { tcpDialer } from "../transport/tcp.ts"
import { MosaicClient } from "./client.ts"

const [ANN, BEN] = [1, 2]
const LETTER = makeKind({ application: 0x7006_8b0c, number: 3, handling: "unique", readers: "tagged" })
const signal = AbortSignal.timeout(30_000)

/** A real server on a real socket. */
class TcpServer implements AsyncDisposable {
  readonly key: PublicKey
  /** Ids of records that it does not show. */
  readonly hidden = new Set<string>()
  readonly #store
  readonly #server
  readonly #seed: number
  #listener: TcpListener | undefined

  constructor(seed: number, now: () => Timestamp) {
    this.#seed = seed
    this.key = keyOf(seed)
    const open = rolesPolicy({ roles: new Set(["outbox", "inbox", "encryption"]), members: "everybody" })
    const policy: Policy = {
      ...open,
      mayRead: (stored, peer, context) => !this.hidden.has(toHex(stored.record.id)) && open.mayRead(stored, peer, context),
    }
    this.#store = openMemoryStore({ now })
    this.#server = createServer({ store: this.#store, serverKey: this.key, policy, now })
  }

  get url(): string {
    return this.#listener?.url ?? "mosaictcp://127.0.0.1:1/"
  }

  async listen(): Promise<void> {
    this.#listener = await listenTcp({ server: this.#server, secretKey: secretOf(this.#seed), host: "127.0.0.1", port: 0 })
  }

  /** Nobody reaches it any more. */
  async die(): Promise<void> {
    await this.#listener?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
    await this.#listener?.close()
    await this.#store[Symbol.asyncDispose]()
  }
}

/** Some servers, what the DHT says, and people's clients. */
class Town {
  now: Timestamp = later(100)
  readonly servers = [101, 102, 103, 104].map((seed) => new TcpServer(seed, () => this.now))
  readonly users = new Map<string, readonly BootstrapServer[]>()
  readonly clients: MosaicClient[] = []

  server(index: number): TcpServer {
    const server = this.servers[index]
    if (server === undefined) throw new Error(`no server ${index}`)
    return server
  }

  uses(seed: number, ...uses: readonly [number, number][]): void {
    this.users.set(
      toHex(keyOf(seed)),
      uses.map(([usage, index]) => ({ usage, serverKey: this.server(index).key })),
    )
  }

  client(seed: number): MosaicClient {
    const client = new MosaicClient({
      discovery: {
        lookupUser: async (key) => this.users.get(toHex(key)),
        lookupServer: async (key) => this.servers.filter((server) => toHex(server.key) === toHex(key)).map(({ url }) => url),
      },
      dialers: [tcpDialer],
      identity: secretOf(seed),
      now: () => this.now,
    })
    this.clients.push(client)
    return client
  }

  pass(seconds: number): void {
    this.now = later(seconds, this.now)
  }

  /** What was noticed, by server. */
  noticed(client: MosaicClient): string[] {
    return client.reports.map(
      ({ server, finding }) => `${this.servers.findIndex(({ key }) => toHex(key) === toHex(server))} ${finding.type}`,
    )
  }
}

let town: Town

async function begin(): Promise<Town> {
  town = new Town()
  await Promise.all(town.servers.map((server) => server.listen()))
  town.uses(ANN, [3, 0], [1, 1], [4, 0])
  town.uses(BEN, [1, 1], [7, 2])
  return town
}

afterEach(async () => {
  await Promise.all(town.clients.map((client) => client[Symbol.asyncDispose]()))
  await Promise.all(town.servers.map((server) => server[Symbol.asyncDispose]()))
})

const recordsOf = (items: readonly ReadItem[]): VerifiedRecord[] => items.flatMap((item) => ("record" in item ? [item.record] : []))
const read = async (client: MosaicClient, ...seeds: number[]): Promise<string[]> =>
  idsOf(recordsOf(await collect(client.read({ authors: seeds.map(keyOf) }, { patienceMs: 2_000 }))))

describe("people on different servers", () => {
  it("read each other, answer, and write letters", async () => {
    await begin()
    const [ann, ben] = [town.client(ANN), town.client(BEN)]
    const note = write(ANN)
    const published = await ann.publish({ record: note })
    expect(published).toMatchObject({ delivered: [{ outcome: "taken" }, { outcome: "taken" }], undeliverable: [] })
    expect(await read(ben, ANN)).toEqual(idsOf([note]))

    const tags = [replyTag(note.kind, note.address), rootTag(note.kind, note.address)]
    const answer = write(BEN, { kind: REPLY_COMMENT, tags: [...tags, notifyTag(keyOf(ANN))] })
    const { delivered } = await ben.publish({ record: answer })
    // Ben's two outboxes, and Ann's inbox.
    expect(delivered.map(({ server }) => town.servers.findIndex(({ key }) => toHex(key) === toHex(server)))).toEqual([1, 2, 0])
    expect(idsOf(recordsOf(await collect(ann.readTagged("inbox"))))).toEqual(idsOf([answer]))

    const letter = write(ANN, { kind: LETTER, tags: [notifyTag(keyOf(BEN))] })
    expect((await ann.publish({ record: letter })).delivered).toMatchObject([{ server: town.server(2).key, outcome: "taken" }])
    expect(idsOf(recordsOf(await collect(ben.readTagged("encryption"))))).toEqual(idsOf([letter]))
    // Her server is an inbox as well, and no filter asks for reading rights.
    expect(recordsOf(await collect(ann.readTagged("encryption"))).map(({ kind }) => kind)).toEqual([REPLY_COMMENT])
    expect([...ann.reports, ...ben.reports]).toEqual([])
  })

  it("go on reading when a server dies, and know which", async () => {
    await begin()
    const [ann, ben] = [town.client(ANN), town.client(BEN)]
    const notes = [write(BEN), write(BEN)]
    for (const record of notes) await ben.publish({ record })
    await town.server(1).die()
    expect(new Set(await read(ann, BEN))).toEqual(new Set(idsOf(notes)))
    expect(town.noticed(ann)).toEqual(["1 unreachable"])
  })

  it("find out who leaves something out", async () => {
    await begin()
    const [ann, ben] = [town.client(ANN), town.client(BEN)]
    const notes = [write(BEN), write(BEN), write(BEN)]
    for (const record of notes) await ben.publish({ record })
    town.server(2).hidden.add(toHex(notes[1]?.id ?? new Uint8Array()))
    expect(await read(ann, BEN)).toHaveLength(3)
    town.pass(601)
    await ann.confirm(signal)
    expect(town.noticed(ann)).toEqual(["2 missing"])
    expect(ann.reports[0]?.finding).toMatchObject({ ids: [notes[1]?.id], witnesses: [town.server(1).key] })
  })

  it("follow somebody who moves to another server with all that they have", async () => {
    await begin()
    const [ann, ben] = [town.client(ANN), town.client(BEN)]
    const old = [write(ANN), write(ANN)]
    for (const record of old) await ann.publish({ record })
    await ben.publish({ record: write(BEN, { tags: [notifyTag(keyOf(ANN))] }) })
    expect(await read(ben, ANN)).toHaveLength(2)

    const [from, to] = [town.server(0), town.server(3)]
    const roles = { outbox: [from.key, town.server(1).key], inbox: [from.key], encryption: [from.key] }
    const steps = await collect(moveRecords(ann.pool, { person: keyOf(ANN), from: roles, to: to.key, now: () => town.now, signal }))
    expect(steps.at(-1)).toMatchObject({ type: "done", isWhole: true })
    let sequence = 4n
    await announceMove(
      {
        lookup: async (person) => ({ sequence, servers: town.users.get(toHex(person)) ?? [] }),
        publish: async (next) => {
          sequence = next.sequence
          town.users.set(toHex(keyOf(ANN)), next.servers)
        },
      },
      { person: keyOf(ANN), from: from.key, to: to.key, signal },
    )
    expect(sequence).toBe(5n)
    await from.die()
    await town.server(1).die()

    town.pass(3_601)
    expect(new Set(await read(ben, ANN))).toEqual(new Set(idsOf(old)))
    const note = write(ANN)
    ann.directory.forgetUser(keyOf(ANN))
    await ann.publish({ record: note })
    expect(await read(ben, ANN)).toContain(toHex(note.id))
    expect(recordsOf(await collect(ann.readTagged("inbox")))).toHaveLength(1)
  })

  it("hear what is new at once", async () => {
    await begin()
    const [ann, ben] = [town.client(ANN), town.client(BEN)]
    const stop = new AbortController()
    const plan = await ann.planReading({ authors: [keyOf(BEN)] })
    const note = write(BEN)
    const heard: string[] = []
    for await (const item of ann.follow(plan, { signal: stop.signal })) {
      if ("complete" in item) await ben.publish({ record: note })
      else heard.push(toHex(item.record.id))
      if (heard.length > 0) break
    }
    expect(heard).toEqual(idsOf([note]))
    stop.abort()
  })
})
