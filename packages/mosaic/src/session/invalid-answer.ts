import type { ClientMessage, ServerMessage } from "../message/message.ts"
import { RESULT } from "../message/result.ts"

/** The messages of a client that a server may not be able to read, although it knows their type. */
export type Malformed = Exclude<ClientMessage["type"], "hello" | "unrecognized">

/** What a server says to a malformed message of a known type: `INVALID` where the type has an answer that names the request, else Unrecognized. */
export function invalidAnswer(type: Malformed, bytes: Uint8Array): ServerMessage {
  switch (type) {
    case "submission":
      return { type: "submissionResult", result: RESULT.INVALID, idPrefix: new Uint8Array(32) }
    case "get":
    case "query":
    case "subscribe":
    case "unsubscribe":
      return withQueryId(bytes, (queryId) => ({ type: "queryClosed", queryId, result: RESULT.INVALID }))
    case "syncInit":
    case "syncClientData":
    case "syncClose":
      return withQueryId(bytes, (queryId) => ({ type: "syncError", queryId, result: RESULT.INVALID }))
    case "dhtPut":
      return withKey(bytes, (key) => ({ type: "dhtPutResult", result: RESULT.INVALID, key }))
    case "dhtLookup":
    case "helloAuth":
    case "identify":
    case "blobGet":
    case "blobSubmission":
      return { type: "unrecognized" }
  }
}

function withQueryId(bytes: Uint8Array, answer: (queryId: number) => ServerMessage): ServerMessage {
  const [low, high] = bytes.subarray(4, 6)
  return low === undefined || high === undefined ? { type: "unrecognized" } : answer(low | (high << 8))
}

function withKey(bytes: Uint8Array, answer: (key: Uint8Array) => ServerMessage): ServerMessage {
  return bytes.length < 40 ? { type: "unrecognized" } : answer(bytes.slice(8, 40))
}
