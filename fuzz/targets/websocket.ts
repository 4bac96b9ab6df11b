import {
  type HeaderField,
  type HeaderLookup,
  OPCODE,
  WebSocketError,
  WebSocketFrameReader,
  concatBytes,
  encodeCloseStatus,
  encodeFrameHeader,
  encodeUtf8,
  formatAuthNonce,
  formatHelloAckHeaders,
  formatHelloHeaders,
  parseHelloAckHeaders,
  parseHelloHeaders,
} from "@tessera/mosaic"
import { keys } from "../cast.ts"
import { type Target, expectLaw, expectSame } from "../target.ts"

/** A frame as a client sends it. */
function clientFrame(opcode: number, length: number, isFinal: boolean): Uint8Array {
  const header = encodeFrameHeader(opcode, length, isFinal)
  header[1] = (header[1] ?? 0) | 0x80
  return concatBytes(header, Uint8Array.of(1, 2, 3, 4), new Uint8Array(length).fill(7))
}

const frames = [
  clientFrame(OPCODE.BINARY, 40, true),
  clientFrame(OPCODE.BINARY, 300, true),
  concatBytes(clientFrame(OPCODE.BINARY, 10, false), clientFrame(OPCODE.PING, 5, true), clientFrame(OPCODE.CONTINUATION, 0, true)),
  concatBytes(clientFrame(OPCODE.CLOSE, encodeCloseStatus(1000).length, true), clientFrame(OPCODE.BINARY, 3, true)),
]

/** Frames of WebSocket: cut the same way, whatever the pieces they come in. */
export const webSocketTarget: Target = {
  name: "WebSocket frames",
  share: 1_000,
  good: frames,
  take(bytes, source) {
    const at = source.below(bytes.length + 1)
    const whole = read([bytes.slice()])
    const pieces = read([bytes.slice(0, at), bytes.slice(at)])
    expectLaw(whole.fault === pieces.fault, `a fault depends on the pieces: ${whole.fault}, ${pieces.fault}`)
    expectLaw(whole.controls === pieces.controls, "control frames depend on the pieces")
    // What comes in the same chunk as a fault is not handed out.
    if (whole.fault === undefined) expectSame(whole.data, pieces.data, "what is read depends on the pieces")
  },
}

function read(chunks: readonly Uint8Array[]): { readonly data: Uint8Array; readonly controls: string; readonly fault: number | undefined } {
  const reader = new WebSocketFrameReader()
  const data: Uint8Array[] = []
  let controls = ""
  try {
    for (const chunk of chunks) {
      for (const part of reader.push(chunk)) {
        if (part.type === "data") data.push(part.bytes)
        else controls += part.type
      }
    }
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error
    return { data: new Uint8Array(0), controls: "", fault: error.status }
  }
  return { data: concatBytes(...data), controls, fault: undefined }
}

const nonce = formatAuthNonce(new Uint8Array(32).fill(9))
const join = (fields: readonly HeaderField[]): Uint8Array => encodeUtf8(fields.map((field) => field.join(": ")).join("\n"))

/** Header lines, as Node gives them: names in lower case. */
function lookup(bytes: Uint8Array): HeaderLookup {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
  const fields = new Map(
    text.split("\n").map((line) => {
      const [name = "", ...value] = line.split(": ")
      return [name.toLowerCase(), value.join(": ")]
    }),
  )
  return (name) => fields.get(name)
}

/** Hello in headers. */
export const helloTarget: Target = {
  name: "Hello headers",
  share: 300,
  good: [
    join(formatHelloHeaders({ versions: [0, 3], features: [0, 1, 0x70068b0c], authenticateAs: keys[0], serverNonce: nonce })),
    join(formatHelloHeaders({ versions: [0], features: [], authenticateAs: undefined, serverNonce: undefined })),
  ],
  take(bytes) {
    const hello = parseHelloHeaders(lookup(bytes))
    if (hello === undefined) return
    const written = join(formatHelloHeaders(hello))
    const again = parseHelloHeaders(lookup(written))
    expectLaw(again !== undefined, "what is written is not read")
    if (again !== undefined) expectSame(join(formatHelloHeaders(again)), written, "format(parse(x)) is not canonical")
  },
}

/** Hello Ack in headers. */
export const helloAckTarget: Target = {
  name: "Hello Ack headers",
  share: 300,
  good: [
    join(
      formatHelloAckHeaders({
        version: 0,
        featuresAccepted: [0, 1],
        serverProof: new Uint8Array(64).fill(5),
        clientNonce: nonce,
        serviceUrl: "https://example.org/join?x=1",
      }),
    ),
    join([["X-Mosaic-Version", "0"]]),
  ],
  take(bytes) {
    const ack = parseHelloAckHeaders(lookup(bytes))
    const written = join(formatHelloAckHeaders(ack))
    expectSame(join(formatHelloAckHeaders(parseHelloAckHeaders(lookup(written)))), written, "format(parse(x)) is not canonical")
  },
}
