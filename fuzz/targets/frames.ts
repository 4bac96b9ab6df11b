import { type Message, FrameError, FrameReader, MESSAGE_TYPE, concatBytes, encodeMessage, parseMessage } from "@tessera/mosaic"
import { keys, records } from "../cast.ts"
import { type Target, expectLaw, expectSame } from "../target.ts"
import { filters, hasPaddingTag } from "./filters.ts"

const [someone = new Uint8Array(32)] = keys
const references = records.slice(0, 3).flatMap(({ id, address }) => [id, address])
const hash = new Uint8Array(32).fill(7)
const signature = new Uint8Array(64).fill(3)

/** One of each, and more of what carries much. */
export const messages: readonly Uint8Array[] = (
  [
    { type: "hello", version: 0, applications: [0, 1, 0x70068b0c] },
    { type: "get", queryId: 1, references },
    { type: "get", queryId: 0xffff, references: references.slice(0, 1) },
    ...filters.flatMap((filter): Message[] => [
      { type: "query", queryId: 2, limit: 10, filter },
      { type: "subscribe", queryId: 3, limit: 0, filter },
    ]),
    { type: "unsubscribe", queryId: 3 },
    ...records.slice(0, 4).flatMap(({ bytes }): Message[] => [
      { type: "submission", record: bytes },
      { type: "record", queryId: 9, record: bytes },
    ]),
    { type: "helloAck", result: 1, version: 0, applications: [0] },
    { type: "locallyComplete", queryId: 3 },
    { type: "queryClosed", queryId: 3, result: 1 },
    { type: "submissionResult", result: 2, idPrefix: hash },
    { type: "closing", result: 64 },
    { type: "unrecognized" },
    { type: "helloAuth", signature },
    { type: "identify", key: someone, nonce: hash },
    { type: "identity", key: someone, nonce: hash, proof: signature },
    { type: "blobGet", hash },
    { type: "blobSubmission", length: 30, hash },
    { type: "blobResult", result: 1, length: 30, hash },
    { type: "blobResult", result: 3, length: 0, hash },
    { type: "blobSubmissionResult", result: 3, hash },
    { type: "dhtLookup", selector: "user", key: someone },
    { type: "dhtPut", selector: "server", key: someone, sequence: 5n, signature, text: new Uint8Array(40).fill(0x41) },
    { type: "dhtResponse", result: 1, selector: "user", key: someone, sequence: 5n, signature, text: new Uint8Array(40).fill(0x41) },
    { type: "dhtPutResult", result: 2, key: someone },
    { type: "syncInit", queryId: 4, filter: {}, data: hash },
    { type: "syncClientData", queryId: 4, data: hash },
    { type: "syncClose", queryId: 4 },
    { type: "syncServerData", queryId: 4, data: hash },
    { type: "syncError", queryId: 4, result: 36 },
  ] satisfies Message[]
).map(encodeMessage)

const { CLOSING, BLOB_GET, BLOB_SUBMISSION, BLOB_RESULT, BLOB_SUBMISSION_RESULT } = MESSAGE_TYPE
const WITHOUT_LENGTH: ReadonlySet<number> = new Set([CLOSING, BLOB_GET, BLOB_SUBMISSION, BLOB_RESULT, BLOB_SUBMISSION_RESULT])

/** The length that messages carry. */
function repair(bytes: Uint8Array): void {
  const { length } = bytes
  if (length < 8 || WITHOUT_LENGTH.has(bytes[0] ?? 0)) return
  bytes[1] = length
  bytes[2] = length >> 8
  bytes[3] = length >> 16
  if ((bytes[0] === 2 || bytes[0] === 3) && length >= 16) {
    bytes[8] = length - 8
    bytes[9] = (length - 8) >> 8
  }
}

/** Single messages: what is read is written the same way again, whatever it was before. */
export const messageTarget: Target = {
  name: "messages",
  share: 1_000,
  good: messages,
  repair,
  take(bytes) {
    const message = parseMessage(bytes)
    if ("filter" in message && hasPaddingTag(message.filter)) return
    const written = encodeMessage(message)
    expectLaw(written[0] === bytes[0], "a message is written as another type")
    expectSame(encodeMessage(parseMessage(written)), written, "encode(parse(x)) is not canonical")
  },
}

/** Behind the header of a blob comes its content. */
const withContent = (message: Uint8Array): Uint8Array =>
  message[0] === MESSAGE_TYPE.BLOB_SUBMISSION || (message[0] === MESSAGE_TYPE.BLOB_RESULT && message[2] === 30)
    ? concatBytes(message, new Uint8Array(30).fill(6))
    : message
const streams = messages.map((message, index) =>
  concatBytes(withContent(message), withContent(messages[(index * 7) % messages.length] ?? message)),
)

/** Streams: cut into messages the same way, whatever the pieces they come in. */
export const frameTarget: Target = {
  name: "frames",
  share: 500,
  good: streams,
  take(bytes, source) {
    const whole = cut(new FrameReader({ maxFrame: 4_096, maxBlob: 4_096 }), [bytes])
    const at = source.below(bytes.length + 1)
    const to = at + source.below(bytes.length - at + 1)
    const pieces = cut(new FrameReader({ maxFrame: 4_096, maxBlob: 4_096 }), [
      bytes.subarray(0, at),
      bytes.subarray(at, to),
      bytes.subarray(to),
    ])
    expectLaw(whole.fault === pieces.fault, `a fault depends on the pieces: ${whole.fault}, ${pieces.fault}`)
    expectSame(whole.read, pieces.read, "what is read depends on the pieces")
    expectSame(bytes.subarray(0, whole.read.length), whole.read, "what is read is not what came")
  },
}

function cut(reader: FrameReader, chunks: readonly Uint8Array[]): { readonly read: Uint8Array; readonly fault: string } {
  const parts: Uint8Array[] = []
  try {
    for (const chunk of chunks) for (const part of reader.push(chunk)) parts.push(part.bytes)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    for (const part of error.frames) parts.push(part.bytes)
    return { read: concatBytes(...parts), fault: error.fault }
  }
  return { read: concatBytes(...parts), fault: "none" }
}
