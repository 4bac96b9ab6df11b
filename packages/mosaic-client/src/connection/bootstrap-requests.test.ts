import {
  type DhtResponse,
  type Message,
  type SignedBootstrap,
  FrameReader,
  RESULT,
  encodeMessage,
  encodeUtf8,
  isBlobPiece,
  parseMessage,
  signBootstrap,
} from "@tessera/mosaic"
import { channelPair } from "@tessera/mosaic-server"
import { setImmediate as turn } from "node:timers/promises"
import { expect, test } from "vitest"
import { ConnectionClosedError, RequestTimeoutError } from "../errors.ts"
import { keyOf, secretOf } from "../testing.test-suite.ts"
import { connect } from "./connection.ts"
import type { ConnectOptions, MosaicConnection } from "./mosaic-connection.ts"

const mine: SignedBootstrap = signBootstrap({ type: "user", servers: [{ usage: 7, serverKey: keyOf(50) }] }, secretOf(1), 3n)
const answerOf = (signed: SignedBootstrap, changes: Partial<DhtResponse> = {}): DhtResponse => ({
  type: "dhtResponse",
  result: RESULT.SUCCESS,
  ...signed,
  ...changes,
})

/** A server that says what a test says. */
class Script {
  readonly faults: string[] = []
  readonly seen: Message[] = []
  readonly #pair = channelPair()

  async connect(options: ConnectOptions = {}): Promise<MosaicConnection> {
    void this.#read()
    return connect(this.#pair[0], { onMisbehaviour: (what, fault) => this.faults.push(`${fault}: ${what}`), ...options })
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.#pair[1].write(encodeMessage(message)).catch(() => {})
  }

  close(): Promise<void> {
    return this.#pair[1].close()
  }

  async #read(): Promise<void> {
    const reader = new FrameReader()
    for await (const chunk of this.#pair[1].incoming) {
      for (const frame of reader.push(chunk)) if (!isBlobPiece(frame)) this.#take(parseMessage(frame.bytes))
    }
  }

  #take(message: Message): void {
    if (message.type === "hello") this.send({ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [0] })
    else this.seen.push(message)
  }
}

test("answers come in any order, and each finds whoever asked", async () => {
  const script = new Script()
  await using connection = await script.connect()
  const other = signBootstrap({ type: "server", urls: [] }, secretOf(1), 9n)
  const [user, server, put] = [
    connection.lookupBootstrap("user", keyOf(1)),
    connection.lookupBootstrap("server", keyOf(1)),
    connection.putBootstrap(mine),
  ]
  script.send({ type: "dhtPutResult", result: RESULT.ACCEPTED, key: mine.key }, answerOf(other), answerOf(mine))
  expect(await Promise.all([user, server, put])).toEqual([
    { code: RESULT.SUCCESS, signed: mine },
    { code: RESULT.SUCCESS, signed: other },
    { code: RESULT.ACCEPTED },
  ])
  expect(script.faults).toEqual([])
})

test("whoever asks for the same waits for the same answer; puts of one key go one after the other", async () => {
  const script = new Script()
  await using connection = await script.connect()
  const twice = [connection.lookupBootstrap("user", keyOf(1)), connection.lookupBootstrap("user", keyOf(1))]
  const puts = [connection.putBootstrap(mine), connection.putBootstrap(mine)]
  await expect.poll(() => script.seen.map(({ type }) => type)).toEqual(["dhtLookup", "dhtPut"])
  script.send(answerOf(mine), { type: "dhtPutResult", result: RESULT.SUCCESS, key: mine.key })
  expect(await Promise.all(twice)).toEqual([
    { code: RESULT.SUCCESS, signed: mine },
    { code: RESULT.SUCCESS, signed: mine },
  ])
  await expect.poll(() => script.seen).toHaveLength(3)
  script.send({ type: "dhtPutResult", result: RESULT.DUPLICATE, key: mine.key })
  expect(await Promise.all(puts)).toEqual([{ code: RESULT.SUCCESS }, { code: RESULT.DUPLICATE }])
})

test.each([
  ["another text", { text: encodeUtf8("U") }],
  ["another number", { sequence: 4n }],
  ["another key's signature", { signature: signBootstrap({ type: "server", urls: [] }, secretOf(2), 3n).signature }],
  ["no bootstrap at all", { text: encodeUtf8("hello") }],
  ["a text of the other kind", { text: signBootstrap({ type: "server", urls: [] }, secretOf(1), 3n).text }],
])("a bootstrap with %s is not handed out, and told", async (_, changes) => {
  const script = new Script()
  await using connection = await script.connect()
  const answer = connection.lookupBootstrap("user", keyOf(1))
  script.send(answerOf(mine, changes))
  expect(await answer).toEqual({ code: RESULT.UNDEFINED })
  expect(script.faults).toEqual(["forged: a bootstrap that does not hold"])
})

test("another selector or key is no answer", async () => {
  const script = new Script()
  await using connection = await script.connect({ limits: { requestMs: 50 } })
  const answer = connection.lookupBootstrap("user", keyOf(1))
  const others = signBootstrap({ type: "user", servers: [{ usage: 7, serverKey: keyOf(50) }] }, secretOf(2), 3n)
  script.send(answerOf(others), answerOf(mine, { selector: "server" }), { type: "dhtPutResult", result: 1, key: keyOf(1) })
  await expect(answer).rejects.toThrow(RequestTimeoutError)
  expect(script.faults).toEqual([
    "notAskedFor: a dhtResponse that nobody asked for",
    "notAskedFor: a dhtResponse that nobody asked for",
    "notAskedFor: a dhtPutResult that nobody asked for",
  ])
  // Late, and yet asked for.
  script.send(answerOf(mine))
  await turn()
  expect(script.faults).toHaveLength(3)
})

test("a server that knows nothing of the DHT says Unrecognized, and whoever asked first is told", async () => {
  const script = new Script()
  await using connection = await script.connect()
  const [first, second] = [connection.lookupBootstrap("user", keyOf(1)), connection.lookupBootstrap("user", keyOf(2))]
  script.send({ type: "unrecognized" })
  expect(await first).toEqual({ code: RESULT.UNDEFINED })
  script.send({ type: "unrecognized" })
  expect(await second).toEqual({ code: RESULT.UNDEFINED })
  script.send({ type: "unrecognized" })
  await expect.poll(() => script.faults).toEqual(["protocol: the server did not recognize a message"])
})

test("who gives up is told so at once; a connection that ends tells all", async () => {
  const script = new Script()
  await using connection = await script.connect()
  const stop = new AbortController()
  const left = connection.lookupBootstrap("user", keyOf(1), { signal: stop.signal })
  const patient = connection.lookupBootstrap("user", keyOf(1))
  const put = connection.putBootstrap(mine)
  for (const work of [patient, put]) work.catch(() => {})
  stop.abort(new Error("left"))
  await expect(left).rejects.toThrow("left")
  await script.close()
  await expect(patient).rejects.toThrow(ConnectionClosedError)
  await expect(put).rejects.toThrow(ConnectionClosedError)
  await expect(connection.lookupBootstrap("user", keyOf(1))).rejects.toThrow(ConnectionClosedError)
})
