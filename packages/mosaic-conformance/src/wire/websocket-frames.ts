import { concatBytes } from "@tessera/mosaic"
import { RuleFailure } from "../verdict.ts"

/** Of RFC 6455, 5.2. */
export const OPCODE = { CONTINUATION: 0x0, TEXT: 0x1, BINARY: 0x2, CLOSE: 0x8, PING: 0x9, PONG: 0xa } as const
const MASK = Uint8Array.of(0x5a, 0x01, 0xc3, 0x7e)

/** A frame of a client, masked, as RFC 6455 wants it; `isMasked` false as it does not. */
export function clientFrame(opcode: number, payload: Uint8Array, { isFinal = true, isMasked = true } = {}): Uint8Array {
  const { length } = payload
  const first = (isFinal ? 0x80 : 0) | opcode
  const bit = isMasked ? 0x80 : 0
  const header =
    length < 126
      ? Uint8Array.of(first, bit | length)
      : length < 0x1_0000
        ? Uint8Array.of(first, bit | 126, length >> 8, length & 0xff)
        : Uint8Array.of(first, bit | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
  return isMasked
    ? concatBytes(
        header,
        MASK,
        payload.map((byte, index) => byte ^ (MASK[index % 4] ?? 0)),
      )
    : concatBytes(header, payload)
}

/** The status of a Close frame, in its two bytes. */
export const closeStatus = (status: number): Uint8Array => Uint8Array.of(status >> 8, status & 0xff)

/** What a server sends in frames: the bytes of its binary messages, pongs, and its Close. Each frame must keep RFC 6455. */
export class WebSocketInbox implements AsyncIterator<Uint8Array, void> {
  readonly pongs: Uint8Array[] = []
  /** Payload of its Close. */
  close: Uint8Array | undefined
  /** Messages that have ended. */
  messages = 0
  #pending: Uint8Array = new Uint8Array(0)
  #chunks: Uint8Array[] = []
  #isInMessage = false
  #fault: RuleFailure | undefined
  #hasEnded = false
  #wake: (() => void) | undefined

  receive(chunk: Uint8Array): void {
    this.#pending = concatBytes(this.#pending, chunk)
    try {
      while (this.#fault === undefined && this.close === undefined && this.#take());
    } catch (error) {
      if (!(error instanceof RuleFailure)) throw error
      this.#fault = error
    }
    this.#wake?.()
  }

  end(): void {
    this.#hasEnded = true
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) return { done: false, value: chunk }
      if (this.#fault !== undefined) throw this.#fault
      if (this.#hasEnded || this.close !== undefined) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Takes one frame, if it is all there. */
  #take(): boolean {
    const bytes = this.#pending
    const [first = 0, second = 0] = bytes
    if (bytes.length < 2) return false
    if ((first & 0x70) !== 0) throw new RuleFailure("a frame uses an extension that was not offered")
    if ((second & 0x80) !== 0) throw new RuleFailure("a frame of the server is masked")
    const start = second === 127 ? 10 : second === 126 ? 4 : 2
    if (bytes.length < start) return false
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const length = second === 127 ? Number(view.getBigUint64(2)) : second === 126 ? view.getUint16(2) : second
    if (bytes.length < start + length) return false
    this.#pending = bytes.slice(start + length)
    this.#receiveFrame(first & 0x0f, (first & 0x80) !== 0, bytes.slice(start, start + length))
    return true
  }

  #receiveFrame(opcode: number, isFinal: boolean, payload: Uint8Array): void {
    switch (opcode) {
      case OPCODE.PING:
        return
      case OPCODE.PONG:
        this.pongs.push(payload)
        return
      case OPCODE.CLOSE:
        this.close = payload
        return
      case OPCODE.TEXT:
        throw new RuleFailure("the server sends text; all messages are binary")
      case OPCODE.BINARY:
      case OPCODE.CONTINUATION:
        if ((opcode === OPCODE.CONTINUATION) !== this.#isInMessage) throw new RuleFailure("the server mixes messages up")
        this.#isInMessage = !isFinal
        if (isFinal) this.messages += 1
        this.#chunks.push(payload)
        return
      default:
        throw new RuleFailure(`a frame of type ${opcode}`)
    }
  }
}
