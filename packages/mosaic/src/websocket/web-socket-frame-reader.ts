import { DecodeError } from "../errors.ts"
import { CLOSE_STATUS, MAX_CONTROL_LENGTH, OPCODE } from "./web-socket-frame.ts"

/** What comes in frames: content of binary messages as it comes, and control frames whole. */
export type WebSocketPart =
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "ping"; readonly payload: Uint8Array }
  /** `status` undefined: the peer gave none. */
  | { readonly type: "close"; readonly status: number | undefined }

/** A peer breaks the rules of WebSocket: the connection is to be closed with `status`. */
export class WebSocketError extends DecodeError {
  readonly status: number

  /** @param status one of {@link CLOSE_STATUS}. */
  constructor(status: number, reason: string) {
    super(reason)
    this.status = status
  }
}

const HEADER_MOST = 14

/**
 * Reads the frames of a client (RFC 6455, 5) without gathering messages: what has come of one is given at once, however it is cut, so that 14 bytes of
 * header and 125 of a control frame are the most that it ever holds. No extension is known, and Mosaic has no text.
 */
export class WebSocketFrameReader {
  readonly #header = new Uint8Array(HEADER_MOST)
  #headerLength = 0
  readonly #mask = new Uint8Array(4)
  #opcode: number = OPCODE.CONTINUATION
  /** Payload that is still to come, in bytes, and how much of it has come. */
  #left = 0
  #at = 0
  #control: Uint8Array | undefined
  #isInMessage = false
  #isClosed = false

  /**
   * Takes bytes of a client, which are unmasked and moved together in place: what comes between two control frames is one part, because a frame may bring
   * a single byte, and a part of its own would take a hundred times that.
   * @throws {WebSocketError} for what breaks the rules; nothing is to be read after that.
   */
  push(chunk: Uint8Array): WebSocketPart[] {
    const parts: WebSocketPart[] = []
    const content = new Content(chunk)
    let at = 0
    while (at < chunk.length && !this.#isClosed) {
      if (this.#left === 0) {
        at = this.#takeHeader(chunk, at)
        if (this.#headerLength !== 0) break
        // A frame without payload is over with its header.
        if (this.#left === 0 && this.#control !== undefined) parts.push(...content.take(), ...this.#endControl(this.#control))
        continue
      }
      const payload = chunk.subarray(at, at + this.#left)
      this.#unmask(payload)
      this.#left -= payload.length
      if (this.#control === undefined) content.add(at, payload.length)
      else {
        this.#control.set(payload, this.#control.length - this.#left - payload.length)
        if (this.#left === 0) parts.push(...content.take(), ...this.#endControl(this.#control))
      }
      at += payload.length
    }
    parts.push(...content.take())
    return parts
  }

  /** Takes what is there of a header; `#headerLength` is 0 when it is whole. */
  #takeHeader(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length) {
      this.#header[this.#headerLength] = chunk[at] ?? 0
      this.#headerLength += 1
      at += 1
      if (this.#headerLength >= 2 && this.#headerLength === this.#headerWanted()) {
        this.#begin()
        break
      }
    }
    return at
  }

  #headerWanted(): number {
    const [first = 0, second = 0] = this.#header
    if (this.#headerLength === 2) this.#checkStart(first, second)
    const length = second & 0x7f
    return 6 + (length === 127 ? 8 : length === 126 ? 2 : 0)
  }

  /** What is wrong is seen in the first two bytes of a frame. */
  #checkStart(first: number, second: number): void {
    const opcode = first & 0x0f
    const isFinal = first >= 0x80
    if ((first & 0x70) !== 0) throw protocolError("an extension that was not agreed")
    if (second < 0x80) throw protocolError("a frame without a mask")
    if (opcode === OPCODE.TEXT) throw new WebSocketError(CLOSE_STATUS.UNSUPPORTED_DATA, "Mosaic is binary")
    if (opcode === OPCODE.CLOSE || opcode === OPCODE.PING || opcode === OPCODE.PONG) {
      if (!isFinal || (second & 0x7f) > MAX_CONTROL_LENGTH) throw protocolError("a control frame in pieces, or too long")
      return
    }
    if (opcode !== OPCODE.BINARY && opcode !== OPCODE.CONTINUATION) throw protocolError("a frame of unknown type")
    if ((opcode === OPCODE.CONTINUATION) !== this.#isInMessage) throw protocolError("messages that are mixed up")
    this.#isInMessage = !isFinal
  }

  #begin(): void {
    const view = new DataView(this.#header.buffer)
    const short = view.getUint8(1) & 0x7f
    const length = short === 127 ? view.getBigUint64(2) : BigInt(short === 126 ? view.getUint16(2) : short)
    if (short >= 126 && length < (short === 126 ? 126n : 0x1_0000n)) throw protocolError("a length that is written too long")
    if (length > Number.MAX_SAFE_INTEGER) throw new WebSocketError(CLOSE_STATUS.TOO_BIG, "a frame that never ends")
    this.#mask.set(this.#header.subarray(this.#headerLength - 4, this.#headerLength))
    this.#opcode = view.getUint8(0) & 0x0f
    this.#left = Number(length)
    this.#at = 0
    this.#headerLength = 0
    this.#control = this.#opcode >= OPCODE.CLOSE ? new Uint8Array(this.#left) : undefined
  }

  #unmask(payload: Uint8Array): void {
    const mask = this.#mask
    const start = this.#at
    for (let index = 0; index < payload.length; index += 1) payload[index] = (payload[index] ?? 0) ^ (mask[(start + index) & 3] ?? 0)
    this.#at = (start + payload.length) & 3
  }

  #endControl(payload: Uint8Array): WebSocketPart[] {
    this.#control = undefined
    if (this.#opcode === OPCODE.PING) return [{ type: "ping", payload }]
    if (this.#opcode === OPCODE.PONG) return []
    if (payload.length === 1) throw protocolError("a status of one byte")
    this.#isClosed = true
    return [{ type: "close", status: payload.length === 0 ? undefined : new DataView(payload.buffer).getUint16(0) }]
  }
}

/** Content in a chunk, moved to follow what came before it. */
class Content {
  readonly #chunk: Uint8Array
  #start = 0
  #end = 0

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk
  }

  add(at: number, length: number): void {
    if (this.#start === this.#end) {
      this.#start = at
      this.#end = at
    }
    if (at !== this.#end) this.#chunk.copyWithin(this.#end, at, at + length)
    this.#end += length
  }

  /** What was added since it was taken last. A little of a long chunk is copied, so that nobody keeps the whole of it for that. */
  take(): WebSocketPart[] {
    if (this.#start === this.#end) return []
    const bytes = this.#chunk.subarray(this.#start, this.#end)
    this.#start = this.#end
    return [{ type: "data", bytes: 2 * bytes.length < this.#chunk.length ? new Uint8Array(bytes) : bytes }]
  }
}

const protocolError = (reason: string): WebSocketError => new WebSocketError(CLOSE_STATUS.PROTOCOL_ERROR, reason)
