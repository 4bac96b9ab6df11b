import { DecodeError } from "../errors.ts"

/** Header of a framed message: type, length (24 bits) and four bytes of fields. */
export const HEADER_LENGTH = 8

/** The length of a framed message has 24 bits. */
export const MAX_MESSAGE_LENGTH = 0xff_ffff

/** A framed message of a type and what stands behind its header; `setFields` writes into the header. @throws {RangeError} beyond 16 MiB - 1. */
export function framed(type: number, body: Uint8Array, setFields?: (view: DataView) => void): Uint8Array {
  const length = HEADER_LENGTH + body.length
  if (length > MAX_MESSAGE_LENGTH) throw new RangeError(`a message of ${length} bytes is too long`)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type + length * 256, true)
  setFields?.(view)
  bytes.set(body, HEADER_LENGTH)
  return bytes
}

/** Refuses a message that is not as long as its type is. */
export function requireLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new DecodeError(`message length: ${bytes.length} bytes, ${length} expected`, 1)
}

/** Refuses bytes that a caller gave and that do not fit their field. */
export function sized(name: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${name} must be ${length} bytes`)
  return bytes
}

export const u8 = (name: string, value: number): number => unsigned(name, value, 0xff)
export const u16 = (name: string, value: number): number => unsigned(name, value, 0xffff)
export const u32 = (name: string, value: number): number => unsigned(name, value, 0xffff_ffff)
export const u48 = (name: string, value: number): number => unsigned(name, value, 2 ** 48 - 1)

export const setQueryId = (view: DataView, queryId: number): void => view.setUint16(4, u16("queryId", queryId), true)

function unsigned(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${name} ${value} is not an integer from 0 to ${max}`)
  return value
}
