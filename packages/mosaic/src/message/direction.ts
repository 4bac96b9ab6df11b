import type { ClientMessage, ServerMessage } from "./message.ts"
import { MESSAGE_TYPE as TYPE } from "./message-type.ts"

/** The name of each message that this package reads, by its first byte, for the side that may send it. */
export const CLIENT_MESSAGES: ReadonlyMap<number, ClientMessage["type"]> = new Map([
  [TYPE.GET, "get"],
  [TYPE.QUERY, "query"],
  [TYPE.SUBSCRIBE, "subscribe"],
  [TYPE.UNSUBSCRIBE, "unsubscribe"],
  [TYPE.SUBMISSION, "submission"],
  [TYPE.DHT_LOOKUP, "dhtLookup"],
  [TYPE.BLOB_SUBMISSION, "blobSubmission"],
  [TYPE.BLOB_GET, "blobGet"],
  [TYPE.DHT_PUT, "dhtPut"],
  [TYPE.HELLO, "hello"],
  [TYPE.HELLO_AUTH, "helloAuth"],
  [TYPE.IDENTIFY, "identify"],
  [TYPE.SYNC_INIT, "syncInit"],
  [TYPE.SYNC_CLIENT_DATA, "syncClientData"],
  [TYPE.SYNC_CLOSE, "syncClose"],
  [TYPE.UNRECOGNIZED, "unrecognized"],
])

export const SERVER_MESSAGES: ReadonlyMap<number, ServerMessage["type"]> = new Map([
  [TYPE.RECORD, "record"],
  [TYPE.LOCALLY_COMPLETE, "locallyComplete"],
  [TYPE.QUERY_CLOSED, "queryClosed"],
  [TYPE.SUBMISSION_RESULT, "submissionResult"],
  [TYPE.DHT_RESPONSE, "dhtResponse"],
  [TYPE.BLOB_SUBMISSION_RESULT, "blobSubmissionResult"],
  [TYPE.BLOB_RESULT, "blobResult"],
  [TYPE.DHT_PUT_RESULT, "dhtPutResult"],
  [TYPE.HELLO_ACK, "helloAck"],
  [TYPE.IDENTITY, "identity"],
  [TYPE.SYNC_SERVER_DATA, "syncServerData"],
  [TYPE.SYNC_ERROR, "syncError"],
  [TYPE.UNRECOGNIZED, "unrecognized"],
  [TYPE.CLOSING, "closing"],
])

/** Whether a client may send this; of what it may not send, a server says that it does not recognize it. */
export const isClientMessage = (message: { readonly type: string }): message is ClientMessage => CLIENT_NAMES.has(message.type)

/** Whether a server may send this. */
export const isServerMessage = (message: { readonly type: string }): message is ServerMessage => SERVER_NAMES.has(message.type)

const CLIENT_NAMES: ReadonlySet<string> = new Set(CLIENT_MESSAGES.values())
const SERVER_NAMES: ReadonlySet<string> = new Set(SERVER_MESSAGES.values())
