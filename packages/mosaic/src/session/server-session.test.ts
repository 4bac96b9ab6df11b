import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex } from "../bytes.ts"
import { isClientMessage } from "../message/direction.ts"
import { encodeMessage } from "../message/encode.ts"
import { FrameReader } from "../message/frame-reader.ts"
import { FrameError } from "../message/frame.ts"
import type { Frame } from "../message/frame.ts"
import type { Message } from "../message/message.ts"
import { RESULT } from "../message/result.ts"
import { closeServerSession, failServerSession, startServerSession, stepServerSession } from "./server-session.ts"
import type { ServerSession, ServerSessionOptions } from "./server-session.ts"

const frameOf = (bytes: Uint8Array): Frame => ({ type: bytes[0] ?? 0, bytes })
const send = (state: ServerSession, message: Message) => stepServerSession(state, frameOf(encodeMessage(message)))
const sendHex = (state: ServerSession, hex: string) => stepServerSession(state, frameOf(fromHex(hex)))
const options: ServerSessionOptions = { applications: new Set([0, 1]) }
const greeting = startServerSession(options)
const open = send(greeting, { type: "hello", version: 0, applications: [1] }).state
const hello = (version: number, applications: readonly number[]): Message => ({ type: "hello", version, applications })

test("Hello is acknowledged with the applications that both have, in the order asked, each once", () => {
  const { state, output } = send(greeting, hello(0, [7, 1, 0, 1]))
  expect(output).toEqual({ send: [{ type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [1, 0] }] })
  expect(state).toMatchObject({ phase: "open", version: 0, applications: [1, 0] })
})

test("a server of any application takes all that are asked", () => {
  const { state } = send(startServerSession({ applications: "any" }), hello(0, [0x70068b0c, 1]))
  expect(state).toMatchObject({ phase: "open", applications: [0x70068b0c, 1] })
})

test.each([
  [0, 0, 0],
  [5, 0, 0],
  [5, 3, 3],
  [2, 3, 2],
])("a client of version %i and a server of version %i speak version %i", (theirs, ours, agreed) => {
  const { state } = send(startServerSession({ applications: "any", version: ours }), hello(theirs, []))
  expect(state).toMatchObject({ phase: "open", version: agreed })
})

test.each<Message>([
  { type: "get", queryId: 1, references: [] },
  { type: "query", queryId: 1, limit: 1, filter: {} },
  { type: "subscribe", queryId: 1, limit: 1, filter: {} },
  { type: "unsubscribe", queryId: 1 },
  { type: "submission", record: new Uint8Array(216) },
])("before Hello, $type closes the session", (message) => {
  const { state, output } = send(greeting, message)
  expect(output).toEqual({ send: [{ type: "closing", result: RESULT.INVALID }] })
  expect(state).toMatchObject({ phase: "closed", result: RESULT.INVALID })
})

test("a second Hello is a duplicate and changes nothing", () => {
  const { state, output } = send(open, hello(0, [0]))
  expect(output).toEqual({ send: [{ type: "helloAck", result: RESULT.DUPLICATE, version: 0, applications: [1] }] })
  expect(state).toBe(open)
})

test.each<Message>([
  { type: "get", queryId: 1, references: [] },
  { type: "query", queryId: 1, limit: 1, filter: {} },
  { type: "subscribe", queryId: 1, limit: 1, filter: {} },
  { type: "unsubscribe", queryId: 1 },
  { type: "submission", record: new Uint8Array(3) },
  { type: "blobGet", hash: new Uint8Array(32) },
  { type: "dhtLookup", selector: "user", key: new Uint8Array(32) },
  { type: "syncClose", queryId: 1 },
])("$type is handed on", (message) => {
  expect(send(open, message)).toEqual({ state: open, output: { send: [], request: message } })
})

test.each([
  ["of a server", "8108000001000000"],
  ["Closing, which only servers send", "fe01000000000000"],
  ["of an unknown type", "4208000000000000"],
  ["of an unknown type and four bytes", "42040000"],
  ["that proves a key, which certificates do over TCP,", `1148000000000000${"00".repeat(64)}`],
  ["that asks for a proof, which certificates are over TCP,", `1248000000000000${"00".repeat(64)}`],
])("a message %s is not recognized, at any time, and the session goes on", (_, hex) => {
  for (const state of [greeting, open]) expect(sendHex(state, hex)).toEqual({ state, output: { send: [{ type: "unrecognized" }] } })
})

test("Unrecognized is never answered", () => {
  for (const state of [greeting, open]) {
    expect(send(state, { type: "unrecognized" })).toEqual({ state, output: { send: [] } })
    expect(sendHex(state, "f00900000000000000")).toEqual({ state, output: { send: [] } })
  }
})

test.each([
  ["get", "01090000070100000a"],
  ["query without a filter", "0208000007010000"],
  ["query of a broken filter", "020900000701000000"],
  ["subscribe of a broken filter", "030900000701000000"],
  ["unsubscribe", "040900000701000000"],
])("a malformed %s closes its query only", (_, hex) => {
  expect(sendHex(open, hex)).toEqual({ state: open, output: { send: [{ type: "queryClosed", queryId: 0x0107, result: RESULT.INVALID }] } })
})

test.each([
  ["a sync without a filter", "2008000007010000", { type: "syncError", queryId: 0x0107, result: RESULT.INVALID }],
  [
    "a DHT Put cut short",
    `0930000000000000${"01".repeat(40)}`,
    { type: "dhtPutResult", key: new Uint8Array(32).fill(1), result: RESULT.INVALID },
  ],
  ["a DHT Put without a key", "0908000000000000", { type: "unrecognized" }],
  ["a DHT Lookup cut short", "0608000000000000", { type: "unrecognized" }],
])("%s is told so, and the session goes on", (_, hex, answer) => {
  expect(sendHex(open, hex)).toEqual({ state: open, output: { send: [answer] } })
})

test("a malformed query too short for its id is not recognized", () => {
  expect(sendHex(open, "0205000007").output).toEqual({ send: [{ type: "unrecognized" }] })
})

test("a submission too short for a record's header is answered like any other", () => {
  expect(sendHex(open, "05050000aa").output).toEqual({
    send: [{ type: "submissionResult", result: RESULT.INVALID, idPrefix: new Uint8Array(32) }],
  })
})

test("a malformed Hello closes the session", () => {
  const { state, output } = sendHex(greeting, "100900000000000001")
  expect(output).toEqual({ send: [{ type: "closing", result: RESULT.INVALID }] })
  expect(state.phase).toBe("closed")
})

test.each([
  ["too large", "05ffffff", RESULT.TOO_LARGE],
  ["without a length", "05000000", RESULT.INVALID],
] as const)("a frame %s closes the session", (_, hex, result) => {
  try {
    new FrameReader({ maxFrame: 1000 }).push(fromHex(hex))
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    expect(failServerSession(open, error)).toMatchObject({
      state: { phase: "closed", result },
      output: { send: [{ type: "closing", result }] },
    })
  }
})

test("a closed session says and does nothing", () => {
  const { state } = closeServerSession(open, RESULT.SHUTTING_DOWN)
  expect(state).toMatchObject({ phase: "closed", result: RESULT.SHUTTING_DOWN })
  expect(send(state, hello(0, []))).toEqual({ state, output: { send: [] } })
  expect(closeServerSession(state, RESULT.INVALID)).toEqual({ state, output: { send: [] } })
})

test("whatever a client sends, it gets at most one answer, and only what its own message names", () => {
  fc.assert(
    fc.property(arbitrary.message, fc.boolean(), (message, greeted) => {
      const before = greeted ? open : greeting
      const { state, output } = send(before, message)
      const answered = output.send.length + (output.request === undefined ? 0 : 1)
      expect(answered).toBe(message.type === "unrecognized" ? 0 : 1)
      if (!isClientMessage(message)) expect(output.send).toEqual([{ type: "unrecognized" }])
      if (output.request !== undefined) expect([before.phase, output.request]).toEqual(["open", message])
      if (state.phase === "closed") expect(before.phase).toBe("greeting")
    }),
  )
})

test("survives hostile input", () => {
  const valid = fc.sample(arbitrary.message, { numRuns: 100, seed: 1 }).map(encodeMessage)
  let state = greeting
  const step = (bytes: Uint8Array): void => {
    state = stepServerSession(state.phase === "closed" ? greeting : state, frameOf(bytes)).state
  }
  expect(feedHostileInput(step, valid)).toBe(100_000)
})
