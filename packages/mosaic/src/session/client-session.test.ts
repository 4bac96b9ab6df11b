import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex } from "../bytes.ts"
import { encodeMessage } from "../message/encode.ts"
import type { Frame } from "../message/frame.ts"
import type { Message, ServerMessage } from "../message/message.ts"
import { RESULT } from "../message/result.ts"
import { startClientSession, stepClientSession } from "./client-session.ts"
import type { ClientSession } from "./client-session.ts"
import { startServerSession, stepServerSession } from "./server-session.ts"

const frameOf = (bytes: Uint8Array): Frame => ({ type: bytes[0] ?? 0, bytes })
const receive = (state: ClientSession, message: Message) => stepClientSession(state, frameOf(encodeMessage(message)))
const receiveHex = (state: ClientSession, hex: string) => stepClientSession(state, frameOf(fromHex(hex)))
const started = startClientSession({ applications: [0, 1] })
const greeting = started.state
const open = receive(greeting, { type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [1] }).state

const ANSWERS: readonly ServerMessage[] = [
  { type: "record", queryId: 1, record: Uint8Array.of(1) },
  { type: "locallyComplete", queryId: 1 },
  { type: "queryClosed", queryId: 1, result: RESULT.SUCCESS },
  { type: "submissionResult", result: RESULT.ACCEPTED, idPrefix: new Uint8Array(32) },
  { type: "unrecognized" },
]

test("starts with Hello", () => {
  expect(started.output).toEqual({ send: [{ type: "hello", version: 0, applications: [0, 1] }] })
  expect(startClientSession({ version: 3, applications: [] }).output).toEqual({ send: [{ type: "hello", version: 3, applications: [] }] })
})

test("is open with what the server granted", () => {
  expect(open).toMatchObject({ phase: "open", version: 0, applications: [1] })
})

test.each(ANSWERS)("$type is handed on once the session is open, and passed over before", (message) => {
  expect(receive(open, message)).toEqual({ state: open, output: { send: [], answer: message } })
  expect(receive(greeting, message)).toEqual({ state: greeting, output: { send: [], ignored: `${message.type} before helloAck` } })
})

test.each<readonly [string, Message]>([
  ["a refusal", { type: "helloAck", result: RESULT.UNAUTHORIZED, version: 0, applications: [] }],
  ["a version that was not offered", { type: "helloAck", result: RESULT.SUCCESS, version: 1, applications: [] }],
  ["an application that was not asked for", { type: "helloAck", result: RESULT.SUCCESS, version: 0, applications: [0, 7] }],
])("%s ends the session", (_, message) => {
  const { state, output } = receive(greeting, message)
  expect(state.phase).toBe("closed")
  expect(output).toEqual({ send: [] })
})

test("Closing ends the session at any time, and says why", () => {
  for (const state of [greeting, open]) {
    expect(receive(state, { type: "closing", result: RESULT.TOO_FAST })).toMatchObject({
      state: { phase: "closed", result: RESULT.TOO_FAST },
      output: { send: [] },
    })
  }
})

test("a second Hello Ack changes nothing", () => {
  const { state, output } = receive(open, { type: "helloAck", result: RESULT.DUPLICATE, version: 0, applications: [] })
  expect(state).toBe(open)
  expect(output).toEqual({ send: [], ignored: "a second helloAck" })
})

test.each([
  ["of a client", "0108000001000000"],
  ["of an unknown type", "4208000000000000"],
])("a message %s is not recognized", (_, hex) => {
  for (const state of [greeting, open]) {
    expect(receiveHex(state, hex)).toMatchObject({ state, output: { send: [{ type: "unrecognized" }] } })
  }
})

test.each(["810900000100000000", "82080000", "9009000001000000ff", "fe01"])("the malformed message %s is passed over", (hex) => {
  for (const state of [greeting, open]) {
    const step = receiveHex(state, hex)
    expect(step.state).toBe(state)
    expect(step.output).toEqual({ send: [], ignored: expect.stringMatching(/length|application ids/) })
  }
})

test("a closed session passes everything over", () => {
  const { state } = receive(open, { type: "closing", result: RESULT.TOO_FAST })
  for (const message of ANSWERS) expect(receive(state, message)).toEqual({ state, output: { send: [], ignored: "the session is closed" } })
})

test("a client and a server come to the same agreement, whatever either offers", () => {
  const applications = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 })
  const version = fc.integer({ min: 0, max: 3 })
  fc.assert(
    fc.property(applications, version, applications, version, (asked, theirs, supported, ours) => {
      const client = startClientSession({ applications: asked, version: theirs })
      const server = client.output.send.reduce(({ state }, message) => stepServerSession(state, frameOf(encodeMessage(message))), {
        state: startServerSession({ applications: new Set(supported), version: ours }),
        output: { send: [] as readonly ServerMessage[] },
      })
      const { state } = server.output.send.reduce((step, message) => receive(step.state, message), client)
      expect(state).toMatchObject({
        phase: "open",
        version: Math.min(theirs, ours),
        applications: [...new Set(asked)].filter((id) => supported.includes(id)),
      })
      expect(server.state).toMatchObject({ phase: "open", version: Math.min(theirs, ours) })
    }),
  )
})

test("survives hostile input", () => {
  const valid = fc.sample(arbitrary.message, { numRuns: 100, seed: 1 }).map(encodeMessage)
  let state = greeting
  const step = (bytes: Uint8Array): void => {
    state = stepClientSession(state.phase === "closed" ? greeting : state, frameOf(bytes)).state
  }
  expect(feedHostileInput(step, valid)).toBe(100_000)
})
