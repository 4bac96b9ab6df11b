import { encodeFilter } from "../filter/encode.ts"
import { REFERENCE_LENGTH } from "../reference.ts"
import type { Reference } from "../reference.ts"
import { encodeAuthentication } from "./authentication.ts"
import { encodeBlobHeader } from "./blob.ts"
import { encodeDht } from "./dht.ts"
import { framed, setQueryId, sized, u16, u32, u8 } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"
import type { Message } from "./message.ts"
import { encodeSync } from "./sync.ts"

const NOTHING = new Uint8Array(0)

/**
 * Writes a message as it goes over the wire; of a blob message its header, which the content follows.
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
      return framed(TYPE.SUBMISSION_RESULT, sized("idPrefix", message.idPrefix, 32), (view) =>
        view.setUint8(4, u8("result", message.result)),
      )
    case "closing":
      // The one message without a length: the result stands where others have it.
      return Uint8Array.of(TYPE.CLOSING, u8("result", message.result), 0, 0, 0, 0, 0, 0)
    case "unrecognized":
      return framed(TYPE.UNRECOGNIZED, NOTHING)
    case "helloAuth":
    case "identify":
    case "identity":
      return encodeAuthentication(message)
    case "blobGet":
    case "blobSubmission":
    case "blobResult":
    case "blobSubmissionResult":
      return encodeBlobHeader(message)
    case "dhtLookup":
    case "dhtPut":
    case "dhtResponse":
    case "dhtPutResult":
      return encodeDht(message)
    case "syncInit":
    case "syncClientData":
    case "syncClose":
    case "syncServerData":
    case "syncError":
      return encodeSync(message)
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

function encodeReferences(references: readonly Reference[]): Uint8Array {
  const bytes = new Uint8Array(references.length * REFERENCE_LENGTH)
  for (const [index, reference] of references.entries()) bytes.set(reference, index * REFERENCE_LENGTH)
  return bytes
}

function encodeApplications(applications: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(applications.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, application] of applications.entries()) view.setUint32(index * 4, u32("application", application), true)
  return bytes
}
