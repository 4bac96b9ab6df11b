import { DecodeError } from "../errors.ts"
import { CLIENT_MESSAGES, isClientMessage } from "../message/direction.ts"
import type { Frame, FrameError } from "../message/frame.ts"
import type { ClientMessage, Hello, ServerMessage, Unrecognized } from "../message/message.ts"
import { parseMessage } from "../message/parse.ts"
import { RESULT } from "../message/result.ts"
import type { Granted } from "./byte-channel.ts"
import { invalidAnswer } from "./invalid-answer.ts"

/** What a server offers: the highest major version it speaks, and the applications it serves. */
export interface ServerSessionOptions {
  /** 0 when not given: the only one there is. */
  readonly version?: number
  /** `any`: whatever a client asks for. */
  readonly applications: ReadonlySet<number> | "any"
  /** Keys are proved by messages, as over WebSocket; otherwise by certificates, and such messages are not recognized. */
  readonly provesByMessage?: boolean
}

/** The state of a connection as its server sees it. A value: a step makes a new one. */
export type ServerSession =
  | { readonly phase: "greeting"; readonly options: ServerSessionOptions }
  | { readonly phase: "open"; readonly options: ServerSessionOptions; readonly version: number; readonly applications: readonly number[] }
  | { readonly phase: "closed"; readonly options: ServerSessionOptions; readonly result: number }

/** What is left for the server's handlers once the session has taken its own. */
export type ClientRequest = Exclude<ClientMessage, Hello | Unrecognized>

/** What a step asks of whoever runs the session. */
export interface ServerSessionOutput {
  /** To be sent in this order. */
  readonly send: readonly ServerMessage[]
  /** To be handled. */
  readonly request?: ClientRequest
}

/** The state after a step, and what it asks for. */
export interface ServerSessionStep {
  readonly state: ServerSession
  readonly output: ServerSessionOutput
}

/** The state before the client's Hello; after it when it came in headers, and this was granted. */
export const startServerSession = (options: ServerSessionOptions, granted?: Granted): ServerSession =>
  granted === undefined ? { phase: "greeting", options } : { phase: "open", options, ...granted }

/** What a server grants of a Hello, wherever it came. */
export function grantHello(
  options: ServerSessionOptions,
  hello: { readonly version: number; readonly applications: readonly number[] },
): Granted {
  const asked = [...new Set(hello.applications)]
  const supported = options.applications
  return {
    version: Math.min(hello.version, options.version ?? 0),
    applications: supported === "any" ? asked : asked.filter((application) => supported.has(application)),
  }
}

/**
 * Takes one message of a client.
 *
 * Before Hello anything else that a client may send ends the session with Closing `INVALID`. A second Hello is answered with Hello Ack `DUPLICATE` and
 * what was agreed. A message of unknown type or of a server's gets Unrecognized. A malformed message gets `INVALID` where its kind has an answer
 * (Query Closed, Submission Result), else Unrecognized, or Closing for a malformed Hello. When `state.phase` is `closed`, send, then close the channel.
 */
export function stepServerSession(state: ServerSession, frame: Frame): ServerSessionStep {
  if (state.phase === "closed") return { state, output: { send: [] } }
  const type = CLIENT_MESSAGES.get(frame.type)
  if (type === undefined) return { state, output: { send: [{ type: "unrecognized" }] } }
  // Never answered: two sides that do not recognize each other's Unrecognized would go on for ever.
  if (type === "unrecognized") return { state, output: { send: [] } }
  if ((type === "helloAuth" || type === "identify") && state.options.provesByMessage !== true)
    return { state, output: { send: [{ type: "unrecognized" }] } }
  if (state.phase === "greeting" && type !== "hello") return closeServerSession(state, RESULT.INVALID)

  const message = read(frame)
  if (message === undefined) {
    if (type === "hello") return closeServerSession(state, RESULT.INVALID)
    return { state, output: { send: [invalidAnswer(type, frame.bytes)] } }
  }
  if (message.type === "hello") return greet(state, message)
  return { state, output: { send: [], request: message } }
}

/** Ends a session: its output is the Closing to send. Of a session that is closed already, nothing. */
export function closeServerSession(state: ServerSession, result: number): ServerSessionStep {
  if (state.phase === "closed") return { state, output: { send: [] } }
  return { state: { phase: "closed", options: state.options, result }, output: { send: [{ type: "closing", result }] } }
}

/** Ends a session whose stream cannot be cut into messages any more: `TOO_LARGE` or `INVALID`. */
export const failServerSession = (state: ServerSession, error: FrameError): ServerSessionStep =>
  closeServerSession(state, error.fault === "tooLarge" ? RESULT.TOO_LARGE : RESULT.INVALID)

function greet(state: Exclude<ServerSession, { phase: "closed" }>, hello: Hello): ServerSessionStep {
  const { options } = state
  if (state.phase === "open") {
    const { version, applications } = state
    return { state, output: { send: [{ type: "helloAck", result: RESULT.DUPLICATE, version, applications }] } }
  }
  const granted = grantHello(options, hello)
  return {
    state: { phase: "open", options, ...granted },
    output: { send: [{ type: "helloAck", result: RESULT.SUCCESS, ...granted }] },
  }
}

function read(frame: Frame): ClientRequest | Hello | undefined {
  try {
    const message = parseMessage(frame.bytes)
    if (!isClientMessage(message)) return undefined
    return message.type === "unrecognized" ? undefined : message
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
