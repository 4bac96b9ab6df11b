/** What a WebSocket frame is. (RFC 6455, 5.2) */
export const OPCODE = { CONTINUATION: 0x0, TEXT: 0x1, BINARY: 0x2, CLOSE: 0x8, PING: 0x9, PONG: 0xa } as const

/** Why a WebSocket is closed. (RFC 6455, 7.4.1) */
export const CLOSE_STATUS = { NORMAL: 1000, PROTOCOL_ERROR: 1002, UNSUPPORTED_DATA: 1003, TOO_BIG: 1009 } as const

/** The longest payload of a control frame, in bytes. */
export const MAX_CONTROL_LENGTH = 125

const FINAL = 0x80

/** Writes the header of a frame as servers send it, without a mask: 2 to 10 bytes before `length` bytes of payload. */
export function encodeFrameHeader(opcode: number, length: number, isFinal: boolean): Uint8Array {
  const first = isFinal ? FINAL | opcode : opcode
  if (length <= MAX_CONTROL_LENGTH) return Uint8Array.of(first, length)
  if (length <= 0xffff) return Uint8Array.of(first, 126, length >> 8, length & 0xff)
  const header = new Uint8Array(10)
  header.set([first, 127])
  new DataView(header.buffer).setBigUint64(2, BigInt(length))
  return header
}

/** Writes the payload of a Close frame. */
export const encodeCloseStatus = (status: number): Uint8Array => Uint8Array.of(status >> 8, status & 0xff)
