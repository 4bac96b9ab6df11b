import type { ClientMessage, ServerMessage } from "../message/message.ts"
import { RESULT } from "../message/result.ts"

/** What a server says to a malformed message of a known type: `INVALID` where the type has an answer that names the request, else Unrecognized. */
export function invalidAnswer(type: Exclude<ClientMessage["type"], "hello" | "unrecognized">, bytes: Uint8Array): ServerMessage {
  if (type === "submission") return { type: "submissionResult", result: RESULT.INVALID, idPrefix: new Uint8Array(32) }
  const [low, high] = bytes.subarray(4, 6)
  if (low === undefined || high === undefined) return { type: "unrecognized" }
  return { type: "queryClosed", queryId: low | (high << 8), result: RESULT.INVALID }
}
