import { encodeFilter } from "../filter/encode.ts"
import { REFERENCE_LENGTH } from "../reference.ts"
import type { Reference } from "../reference.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"
import type { Message } from "./message.ts"

/** The length of a framed message has 24 bits. */
export const MAX_MESSAGE_LENGTH = 0xff_ffff

const HEADER_LENGTH = 8
const NOTHING = new Uint8Array(0)

/**
 * Writes a message as it goes over the wire.
 *
 * @throws {RangeError} when a number does not fit its field, an id prefix is not 32 bytes, or the whole is longer than 16 MiB - 1.
 */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case "hello":
      return framed(TYPE.HELLO, encodeApplications(message.applications), (view) =>
        view.setUint16(6, u16("version", message.version), true),
      )
    case "get":
      return framed(TYPE.GET, encodeReferences(message.references), (view) => setQueryId(view, message.queryId))
    case "query":
      return encodeQuery(TYPE.QUERY, message)
    case "subscribe":
      return encodeQuery(TYPE.SUBSCRIBE, message)
    case "unsubscribe":
      return framed(TYPE.UNSUBSCRIBE, NOTHING, (view) => setQueryId(view, message.queryId))
    case "submission":
      return framed(TYPE.SUBMISSION, message.record)
    case "helloAck":
      return framed(TYPE.HELLO_ACK, encodeApplications(message.applications), (view) => {
        view.setUint8(4, u8("result", message.result))
        view.setUint16(6, u16("version", message.version), true)
      })
    case "record":
      return encodeRecordMessage(message.queryId, message.record)
    case "locallyComplete":
      return framed(TYPE.LOCALLY_COMPLETE, NOTHING, (view) => setQueryId(view, message.queryId))
    case "queryClosed":
      return framed(TYPE.QUERY_CLOSED, NOTHING, (view) => {
        setQueryId(view, message.queryId)
        view.setUint8(6, u8("result", message.result))
      })
    case "submissionResult":
      if (message.idPrefix.length !== 32) throw new RangeError("idPrefix must be 32 bytes")
      return framed(TYPE.SUBMISSION_RESULT, message.idPrefix, (view) => view.setUint8(4, u8("result", message.result)))
    case "closing":
      // The one message without a length: the result stands where others have it.
      return Uint8Array.of(TYPE.CLOSING, u8("result", message.result), 0, 0, 0, 0, 0, 0)
    case "unrecognized":
      return framed(TYPE.UNRECOGNIZED, NOTHING)
    default:
      throw new TypeError(`message type: ${(message satisfies never as Message).type}`)
  }
}

/**
 * Writes a `record` message with a single copy of the record: what a server does most.
 *
 * @throws {RangeError} as `encodeMessage`.
 */
export function encodeRecordMessage(queryId: number, record: Uint8Array): Uint8Array {
  return framed(TYPE.RECORD, record, (view) => setQueryId(view, queryId))
}

function encodeQuery(type: number, message: Extract<Message, { type: "query" | "subscribe" }>): Uint8Array {
  return framed(type, encodeFilter(message.filter), (view) => {
    setQueryId(view, message.queryId)
    view.setUint16(6, u16("limit", message.limit), true)
  })
}

function framed(type: number, body: Uint8Array, setFields?: (view: DataView) => void): Uint8Array {
  const length = HEADER_LENGTH + body.length
  if (length > MAX_MESSAGE_LENGTH) throw new RangeError(`a message of ${length} bytes is too long`)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type + length * 256, true)
  setFields?.(view)
  bytes.set(body, HEADER_LENGTH)
  return bytes
}

function encodeReferences(references: readonly Reference[]): Uint8Array {
  const bytes = new Uint8Array(references.length * REFERENCE_LENGTH)
  for (const [index, reference] of references.entries()) bytes.set(reference, index * REFERENCE_LENGTH)
  return bytes
}

function encodeApplications(applications: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(applications.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, application] of applications.entries())
    view.setUint32(index * 4, unsigned("application", application, 0xffff_ffff), true)
  return bytes
}

const setQueryId = (view: DataView, queryId: number): void => view.setUint16(4, u16("queryId", queryId), true)
const u8 = (name: string, value: number): number => unsigned(name, value, 0xff)
const u16 = (name: string, value: number): number => unsigned(name, value, 0xffff)

function unsigned(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${name} ${value} is not an integer from 0 to ${max}`)
  return value
}
