import {
  type ByteChannel,
  type Message,
  type Reference,
  type VerifiedRecord,
  FrameReader,
  MICROBLOG_ROOT,
  RESULT,
  buildRecord,
  encodeMessage,
  encodeUtf8,
  nonceFromTimestamp,
  parseMessage,
  parseSecretKey,
  parseTimestamp,
  publicKeyOf,
} from "@tessera/mosaic"
import { channelPair } from "@tessera/mosaic-server"
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { ConnectionClosedError, QueryRefusedError, RequestTimeoutError, SlowConsumerError } from "../errors.ts"
import { connect } from "./connection.ts"
import type { ConnectOptions, MosaicConnection } from "./mosaic-connection.ts"

const secret = parseSecretKey(new Uint8Array(32).fill(1))
const author = publicKeyOf(secret)
const filter = { authors: [author] }
let written = 0

function write(payload = "note", by = secret): VerifiedRecord {
  written += 1
  const timestamp = parseTimestamp(1_790_000_000_000_000_000n + BigInt(written))
  const nonce = nonceFromTimestamp(timestamp)
  return buildRecord({ author: publicKeyOf(by), signer: by, kind: MICROBLOG_ROOT, nonce, timestamp, payload: encodeUtf8(payload) })
}

/** A server that does what a test tells it, however wrong. */
class Script {
  readonly client: ByteChannel
  readonly misbehaviour: string[] = []
  readonly #channel: ByteChannel
  readonly #messages: AsyncIterator<Message>

  constructor() {
    const [client, server] = channelPair()
    this.client = client
    this.#channel = server
    this.#messages = read(server)
  }

  async greeted(options: ConnectOptions = {}): Promise<MosaicConnection> {
    const connecting = connect(this.client, { onMisbehaviour: (what) => this.misbehaviour.push(what), ...options })
    expect(await this.next()).toMatchObject({ type: "hello" })
    this.send({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [0, 1] })
    return connecting
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.#channel.write(encodeMessage(message)).catch(() => {})
  }

  sendBytes(bytes: Uint8Array): void {
    this.#channel.write(bytes).catch(() => {})
  }

  async next(): Promise<Message> {
    const { done, value } = await this.#messages.next()
    if (done === true) throw new Error("the client has closed")
    return value
  }

  /** Takes a query of whatever kind and gives its id. */
  async query(): Promise<number> {
    const message = await this.next()
    if (!("queryId" in message)) throw new Error(`${message.type} instead of a query`)
    return message.queryId
  }

  close(): Promise<void> {
    return this.#channel.close()
  }
}

async function* read(channel: ByteChannel): AsyncGenerator<Message, void, void> {
  const reader = new FrameReader()
  for await (const chunk of channel.incoming) for (const frame of reader.push(chunk)) yield parseMessage(frame.bytes)
}

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

const record = (queryId: number, { bytes }: VerifiedRecord): Message => ({ type: "record", queryId, record: bytes })
const closed = (queryId: number, result: number = RESULT.SUCCESS): Message => ({ type: "queryClosed", queryId, result })
/** Quick enough for tests, slow enough for a busy machine. */
const HASTY = { helloMs: 80, requestMs: 80, writeMs: 80, stallMs: 80 }

describe("connect", () => {
  it("says Hello and knows what was granted", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    expect(connection.applications).toEqual([0, 1])
  })

  it.each<[string, (script: Script) => void, string]>([
    ["refuses", (script) => script.send({ type: "closing", result: RESULT.IP_TEMP_BANNED }), "IP_TEMP_BANNED"],
    ["hangs up", (script) => void script.close(), "closed"],
    ["says nothing", () => {}, "in time"],
    ["talks garbage", (script) => script.sendBytes(new Uint8Array(50).fill(1)), "short|broke|in time"],
    ["announces too much", (script) => script.sendBytes(Uint8Array.of(0x80, 0xff, 0xff, 0xff)), "too large"],
    [
      "grants what was not asked for",
      (script) => script.send({ type: "helloAck", result: 1, version: 0, applications: [99] }),
      "application",
    ],
  ])("fails when the server %s", async (_, act, reason) => {
    const script = new Script()
    const connecting = connect(script.client, { limits: HASTY })
    await script.next()
    act(script)
    await expect(connecting).rejects.toThrow(ConnectionClosedError)
    await expect(connecting).rejects.toThrow(new RegExp(reason))
    // The channel is closed with it.
    await expect(script.client.write(new Uint8Array(1))).rejects.toThrow()
  })

  it("is given up by its signal", async () => {
    const script = new Script()
    const abort = new AbortController()
    const connecting = connect(script.client, { signal: abort.signal })
    abort.abort(new Error("enough"))
    await expect(connecting).rejects.toThrow("enough")
    await expect(connect(new Script().client, { signal: abort.signal })).rejects.toThrow("enough")
  })
})

describe("what is handed out", () => {
  it("is verified and was asked for; everything else is dropped and reported", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const [good, other, foreign] = [write(), write(), write("foreign", parseSecretKey(new Uint8Array(32).fill(9)))]
    const broken = good.bytes.slice()
    broken[153] = (broken[153] ?? 0) ^ 1
    const asking = collect(connection.query(filter, { limit: 1 }))
    const queryId = await script.query()
    script.send({ type: "record", queryId, record: broken }, { type: "record", queryId, record: new Uint8Array(10) })
    script.send(record(queryId, foreign), record(queryId + 1, good), record(queryId, good), record(queryId, other), closed(queryId))
    expect((await asking).map(({ id }) => id)).toEqual([good.id])
    expect(script.misbehaviour).toEqual([
      "a record that does not hold: hash",
      expect.stringContaining("a record that does not hold"),
      "a record that was not asked for",
      "a record that nobody asked for",
      "a record that was not asked for",
    ])
  })

  it("is by a Get only what its references name", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const [byId, byAddress, neither] = [write(), write(), write()]
    const references: Reference[] = [byId.id, byAddress.address]
    const asking = collect(connection.get(references))
    const message = await script.next()
    expect(message).toMatchObject({ type: "get", references })
    const queryId = "queryId" in message ? message.queryId : -1
    script.send(record(queryId, byAddress), record(queryId, neither), record(queryId, byId), closed(queryId))
    expect((await asking).map(({ id }) => id)).toEqual([byAddress.id, byId.id])
    expect(script.misbehaviour).toHaveLength(1)
  })

  it("does not depend on received times, which only the server knows", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const note = write()
    const asking = collect(connection.query({ ...filter, receivedSince: parseTimestamp(note.timestamp + 5n) }))
    const queryId = await script.query()
    script.send(record(queryId, note), closed(queryId))
    expect(await asking).toHaveLength(1)
  })

  it("by a subscription is what is stored, complete, and what comes", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const items = connection.subscribe(filter)[Symbol.asyncIterator]()
    const first = items.next()
    const queryId = await script.query()
    const [old, fresh] = [write(), write()]
    script.send(record(queryId, old), { type: "locallyComplete", queryId }, record(queryId, fresh))
    expect([(await first).value, (await items.next()).value, (await items.next()).value]).toMatchObject([
      { record: { id: old.id } },
      { complete: true },
      { record: { id: fresh.id } },
    ])
    await items.return?.()
    expect(await script.next()).toEqual({ type: "unsubscribe", queryId })
  })
})

describe("a request", () => {
  it("that is refused says the code", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    for (const items of [connection.query({}), connection.get([write().id]), connection.subscribe({})]) {
      const asking = collect<unknown>(items)
      script.send(closed(await script.query(), RESULT.TOO_OPEN))
      await expect(asking).rejects.toMatchObject({ name: "QueryRefusedError", code: RESULT.TOO_OPEN })
      await expect(asking).rejects.toBeInstanceOf(QueryRefusedError)
    }
    const found = collect(connection.get([write().id]))
    script.send(closed(await script.query(), RESULT.NOT_FOUND))
    expect(await found).toEqual([])
  })

  it("can be aborted at any moment: its reason is thrown, the server is told, and its id is kept until it answers", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const asked: ((signal: AbortSignal) => AsyncIterable<unknown>)[] = [
      (signal) => connection.get([write().id], { signal }),
      (signal) => connection.query(filter, { signal }),
      (signal) => connection.subscribe(filter, { signal }),
    ]
    const ids = new Set<number>()
    for (const ask of asked) {
      const abort = new AbortController()
      const asking = collect(ask(abort.signal))
      const queryId = await script.query()
      ids.add(queryId)
      script.send(record(queryId, write()))
      abort.abort(new Error("enough"))
      await expect(asking).rejects.toThrow("enough")
      expect(await script.next()).toEqual({ type: "unsubscribe", queryId })
      // Still on its way when the server was told.
      script.send(record(queryId, write()))
      await expect(collect(ask(abort.signal))).rejects.toThrow("enough")
    }
    expect(ids.size).toBe(3)
    await turn()
    expect(script.misbehaviour.filter((what) => what.includes("nobody"))).toEqual([])
  })

  it("that is left early is unsubscribed", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const leaving = (async () => {
      for await (const _ of connection.query(filter)) break
    })()
    const queryId = await script.query()
    script.send(record(queryId, write()))
    await leaving
    expect(await script.next()).toEqual({ type: "unsubscribe", queryId })
  })

  it("that is not answered times out, and the connection stands", async () => {
    const script = new Script()
    await using connection = await script.greeted({ limits: HASTY })
    await expect(collect(connection.query(filter))).rejects.toThrow(RequestTimeoutError)
    await expect(connection.submit(write())).rejects.toThrow(RequestTimeoutError)
    await expect(connection.ping()).rejects.toThrow(RequestTimeoutError)
    // A subscription that is complete waits for ever.
    const items = connection.subscribe(filter)[Symbol.asyncIterator]()
    const first = items.next()
    let queryId = 0
    for (;;) {
      const message = await script.next()
      if (message.type !== "subscribe") continue
      queryId = message.queryId
      break
    }
    script.send({ type: "locallyComplete", queryId })
    await first
    const second = items.next()
    await delay(200)
    script.send(record(queryId, write()))
    expect(await second).toMatchObject({ done: false })
  })

  it("fails with the connection, with the server's code", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const pending = [
      collect(connection.query(filter)),
      collect(connection.subscribe(filter)),
      connection.submit(write()),
      connection.ping(),
    ]
    await script.query()
    script.send({ type: "closing", result: RESULT.SHUTTING_DOWN })
    for (const request of pending)
      await expect(request).rejects.toMatchObject({ name: "ConnectionClosedError", code: RESULT.SHUTTING_DOWN })
    expect(await connection.closed).toMatchObject({ code: RESULT.SHUTTING_DOWN })
    await expect(collect(connection.query(filter))).rejects.toThrow(ConnectionClosedError)
    await expect(connection.submit(write())).rejects.toThrow(ConnectionClosedError)
  })

  it("fails when the connection is disposed of", async () => {
    const script = new Script()
    const connection = await script.greeted()
    const pending = collect(connection.query(filter))
    await script.query()
    await connection[Symbol.asyncDispose]()
    await expect(pending).rejects.toThrow(ConnectionClosedError)
    await connection[Symbol.asyncDispose]()
  })

  it("ends the connection when the server does not read", async () => {
    const script = new Script()
    await using connection = await script.greeted({ limits: HASTY })
    const large = write("x".repeat(200_000))
    await expect(connection.submit(large)).rejects.toThrow("does not read")
    expect(await connection.closed).toMatchObject({ reason: "the server does not read" })
  })
})

describe("submit", () => {
  it("gives each record its own result, in whatever order results come", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const [a, b] = [write(), write()]
    const results = [connection.submit(a), connection.submit(b), connection.submit(a)]
    for (let i = 0; i < 3; i += 1) expect(await script.next()).toMatchObject({ type: "submission" })
    const result = ({ id }: VerifiedRecord, code: number): Message => ({
      type: "submissionResult",
      result: code,
      idPrefix: id.subarray(0, 32),
    })
    script.send(result(b, RESULT.UNAUTHORIZED), result(a, RESULT.ACCEPTED), result(a, RESULT.DUPLICATE), result(write(), RESULT.ACCEPTED))
    expect(await Promise.all(results)).toEqual([{ code: RESULT.ACCEPTED }, { code: RESULT.UNAUTHORIZED }, { code: RESULT.DUPLICATE }])
    await turn()
    expect(script.misbehaviour).toEqual(["a result of a submission that nobody made"])
  })

  it("has at most so many on their way", async () => {
    const script = new Script()
    await using connection = await script.greeted({ limits: { submissionsInFlight: 2 } })
    const records = [write(), write(), write()]
    const results = records.map((each) => connection.submit(each))
    await script.next()
    await script.next()
    await delay(20)
    script.send({ type: "submissionResult", result: RESULT.ACCEPTED, idPrefix: records[0]?.id.subarray(0, 32) ?? new Uint8Array(32) })
    expect(await script.next()).toMatchObject({ type: "submission", record: records[2]?.bytes })
    await connection[Symbol.asyncDispose]()
    await expect(Promise.all(results)).rejects.toThrow(ConnectionClosedError)
  })

  it("can be aborted, and a later result goes to nobody else", async () => {
    const script = new Script()
    await using connection = await script.greeted()
    const abort = new AbortController()
    const note = write()
    const [first, second] = [connection.submit(note, { signal: abort.signal }), connection.submit(note)]
    await script.next()
    abort.abort(new Error("enough"))
    await expect(first).rejects.toThrow("enough")
    const result = (code: number): Message => ({ type: "submissionResult", result: code, idPrefix: note.id.subarray(0, 32) })
    script.send(result(RESULT.ACCEPTED), result(RESULT.DUPLICATE))
    expect(await second).toEqual({ code: RESULT.DUPLICATE })
  })
})

describe("a slow consumer", () => {
  it("makes the server wait, and loses its query when others would wait too long", async () => {
    const script = new Script()
    await using connection = await script.greeted({ limits: { queuedRecords: 4, stallMs: 150 } })
    const slow = connection.query(filter)[Symbol.asyncIterator]()
    const first = slow.next()
    const queryId = await script.query()
    for (let i = 0; i < 20; i += 1) script.send(record(queryId, write("x".repeat(50_000))))
    await first
    const ping = connection.ping()
    script.send(closed(await script.query()))
    await ping
    await expect(slow.next()).rejects.toThrow(SlowConsumerError)
    expect(await script.next()).toEqual({ type: "unsubscribe", queryId })
  })

  it("gets everything when it is quick enough after all", async () => {
    const script = new Script()
    await using connection = await script.greeted({ limits: { queuedRecords: 4 } })
    const records = Array.from({ length: 30 }, () => write())
    const asking = (async () => {
      let count = 0
      for await (const _ of connection.query(filter)) {
        count += 1
        await delay(3)
      }
      return count
    })()
    const queryId = await script.query()
    script.send(...records.map((each) => record(queryId, each)), closed(queryId))
    expect(await asking).toBe(30)
  })
})
