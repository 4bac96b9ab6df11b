import { DecodeError } from "../errors.ts"
import { SERVER_MESSAGES, isServerMessage } from "../message/direction.ts"
import type { Frame } from "../message/frame.ts"
import type { Identity } from "../message/authentication.ts"
import type { ClientMessage, Closing, HelloAck, ServerMessage } from "../message/message.ts"
import { parseMessage } from "../message/parse.ts"
import { RESULT } from "../message/result.ts"
import type { Granted } from "./byte-channel.ts"

/** What a client asks for in its Hello. */
export interface ClientSessionOptions {
  /** The highest major version it speaks; 0 when not given. */
  readonly version?: number
  readonly applications: readonly number[]
}

/** The state of a connection as its client sees it. A value: a step makes a new one. */
export type ClientSession =
  | { readonly phase: "greeting"; readonly options: ClientSessionOptions }
  | { readonly phase: "open"; readonly options: ClientSessionOptions; readonly version: number; readonly applications: readonly number[] }
  | { readonly phase: "closed"; readonly options: ClientSessionOptions; readonly reason: string; readonly result?: number }

/** What is left for the client once the session has taken its own. */
export type ServerAnswer = Exclude<ServerMessage, HelloAck | Identity | Closing>

/** What a step asks of whoever runs the session. */
export interface ClientSessionOutput {
  /** To be sent in this order. */
  readonly send: readonly ClientMessage[]
  /** To be handled. */
  readonly answer?: ServerAnswer
  /** A message that was passed over, and why: of the server's fault, for a log. */
  readonly ignored?: string
}

/** The state after a step, and what it asks for. */
export interface ClientSessionStep {
  readonly state: ClientSession
  readonly output: ClientSessionOutput
}

/** The state before the server's answer, and the Hello to send; nothing is to be sent when a transport has said Hello already, and this was granted. */
export function startClientSession(options: ClientSessionOptions, granted?: Granted): ClientSessionStep {
  if (granted !== undefined) return { state: { phase: "open", options, ...granted }, output: { send: [] } }
  const hello = { type: "hello", version: options.version ?? 0, applications: options.applications } as const
  return { state: { phase: "greeting", options }, output: { send: [hello] } }
}

/**
 * Takes one message of a server.
 *
 * What comes before Hello Ack, a second Hello Ack and malformed messages are passed over, as the specification asks of clients; a message of unknown
 * type or of a client's gets Unrecognized. A Hello Ack that grants what was not asked ends the session, as Closing does: when `state.phase` is `closed`,
 * close the channel.
 */
export function stepClientSession(state: ClientSession, frame: Frame): ClientSessionStep {
  if (state.phase === "closed") return ignore(state, "the session is closed")
  if (!SERVER_MESSAGES.has(frame.type)) {
    return { state, output: { send: [{ type: "unrecognized" }], ignored: `message of type 0x${frame.type.toString(16)}` } }
  }
  let message: ServerMessage
  try {
    const parsed = parseMessage(frame.bytes)
    if (!isServerMessage(parsed)) return ignore(state, `a client's ${parsed.type}`)
    message = parsed
  } catch (error) {
    if (error instanceof DecodeError) return ignore(state, error.reason)
    throw error
  }
  if (message.type === "closing") return close(state.options, "the server is closing", message.result)
  if (message.type === "helloAck") return state.phase === "greeting" ? accept(state.options, message) : ignore(state, "a second helloAck")
  if (message.type === "identity") return ignore(state, "an identity that nobody asked for")
  if (state.phase === "greeting") return ignore(state, `${message.type} before helloAck`)
  return { state, output: { send: [], answer: message } }
}

function accept(options: ClientSessionOptions, ack: HelloAck): ClientSessionStep {
  if (ack.result !== RESULT.SUCCESS && ack.result !== RESULT.DUPLICATE) return close(options, "the server refused", ack.result)
  if (ack.version > (options.version ?? 0)) return close(options, "the server chose a version that was not offered")
  const asked = new Set(options.applications)
  if (!ack.applications.every((application) => asked.has(application)))
    return close(options, "the server chose an application that was not asked for")
  return { state: { phase: "open", options, version: ack.version, applications: ack.applications }, output: { send: [] } }
}

const ignore = (state: ClientSession, ignored: string): ClientSessionStep => ({ state, output: { send: [], ignored } })

const close = (options: ClientSessionOptions, reason: string, result?: number): ClientSessionStep => ({
  state: { phase: "closed", options, reason, ...(result === undefined ? {} : { result }) },
  output: { send: [] },
})
