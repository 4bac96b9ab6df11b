import { decodeAt } from "../decode-at.ts"
import { DecodeError } from "../errors.ts"
import type { Filter } from "../filter/filter.ts"
import { parseFilter } from "../filter/parse.ts"
import { REFERENCE_LENGTH, parseReference } from "../reference.ts"
import type { Reference } from "../reference.ts"
import { parseAuthentication } from "./authentication.ts"
import { isBlobType, parseBlobHeader } from "./blob.ts"
import { parseDht } from "./dht.ts"
import { HEADER_LENGTH, requireLength } from "./fields.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"
import type { Message } from "./message.ts"
import { parseSync } from "./sync.ts"

const ID_PREFIX_LENGTH = 32

/**
 * Reads one whole message; of a blob message the header, without its content. Bytes that the specification calls zeroed are not looked at; result codes that it does not define are kept as numbers.
 *
 * Records and id prefixes are views into `bytes`; a record's own form is not checked.
 *
 * @throws {DecodeError} `message type` not one of `Message`, `message length` not as the header says or not that of the type; what a filter or reference throws.
 */
export function parseMessage(bytes: Uint8Array): Message {
  if (bytes.length < HEADER_LENGTH) throw new DecodeError("message length: below 8", bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = view.getUint8(0)
  if (isBlobType(type)) return parseBlobHeader(bytes)
  if (type !== TYPE.CLOSING && view.getUint32(0, true) >>> 8 !== bytes.length)
    throw new DecodeError("message length: not as its header says", 1)
  const queryId = view.getUint16(4, true)
  switch (type) {
    case TYPE.HELLO:
      return { type: "hello", version: view.getUint16(6, true), applications: readApplications(view) }
    case TYPE.GET:
      return { type: "get", queryId, references: readReferences(bytes) }
    case TYPE.QUERY:
      return { type: "query", queryId, limit: view.getUint16(6, true), filter: readFilter(bytes) }
    case TYPE.SUBSCRIBE:
      return { type: "subscribe", queryId, limit: view.getUint16(6, true), filter: readFilter(bytes) }
    case TYPE.UNSUBSCRIBE:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "unsubscribe", queryId }
    case TYPE.SUBMISSION:
      return { type: "submission", record: bytes.subarray(HEADER_LENGTH) }
    case TYPE.HELLO_ACK:
      return { type: "helloAck", result: view.getUint8(4), version: view.getUint16(6, true), applications: readApplications(view) }
    case TYPE.RECORD:
      return { type: "record", queryId, record: bytes.subarray(HEADER_LENGTH) }
    case TYPE.LOCALLY_COMPLETE:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "locallyComplete", queryId }
    case TYPE.QUERY_CLOSED:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "queryClosed", queryId, result: view.getUint8(6) }
    case TYPE.SUBMISSION_RESULT:
      requireLength(bytes, HEADER_LENGTH + ID_PREFIX_LENGTH)
      return { type: "submissionResult", result: view.getUint8(4), idPrefix: bytes.subarray(HEADER_LENGTH) }
    case TYPE.CLOSING:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "closing", result: view.getUint8(1) }
    case TYPE.UNRECOGNIZED:
      requireLength(bytes, HEADER_LENGTH)
      return { type: "unrecognized" }
    case TYPE.HELLO_AUTH:
    case TYPE.IDENTIFY:
    case TYPE.IDENTITY:
      return parseAuthentication(bytes)
    case TYPE.DHT_LOOKUP:
    case TYPE.DHT_PUT:
    case TYPE.DHT_RESPONSE:
    case TYPE.DHT_PUT_RESULT:
      return parseDht(bytes)
    case TYPE.SYNC_INIT:
    case TYPE.SYNC_CLIENT_DATA:
    case TYPE.SYNC_CLOSE:
    case TYPE.SYNC_SERVER_DATA:
    case TYPE.SYNC_ERROR:
      return parseSync(bytes)
    default:
      throw new DecodeError(`message type: 0x${type.toString(16)}`, 0)
  }
}

const readFilter = (bytes: Uint8Array): Filter => decodeAt(HEADER_LENGTH, () => parseFilter(bytes.subarray(HEADER_LENGTH)))

function readApplications(view: DataView): number[] {
  const body = view.byteLength - HEADER_LENGTH
  if (body % 4 !== 0) throw new DecodeError("application ids: 4 bytes each", HEADER_LENGTH)
  return Array.from({ length: body / 4 }, (_, index) => view.getUint32(HEADER_LENGTH + index * 4, true))
}

function readReferences(bytes: Uint8Array): Reference[] {
  const body = bytes.length - HEADER_LENGTH
  if (body % REFERENCE_LENGTH !== 0) throw new DecodeError("references: 48 bytes each", HEADER_LENGTH)
  return Array.from({ length: body / REFERENCE_LENGTH }, (_, index) => parseReference(bytes, HEADER_LENGTH + index * REFERENCE_LENGTH))
}
