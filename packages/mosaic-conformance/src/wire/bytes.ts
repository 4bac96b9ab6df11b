/** Little-endian, as the fields of messages, filters and tags are. */
export const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, (value >> 8) & 0xff)
export const u24 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff)
export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff)

/** 8 bytes, big-endian: timestamps and kinds. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

/** Little-endian, of up to 6 bytes. */
export function readLittleEndian(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let index = to - 1; index >= from; index -= 1) value = value * 256 + (bytes[index] ?? 0)
  return value
}

export const zeros = (length: number): Uint8Array => new Uint8Array(length)

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** Rounds up to a multiple of 8. */
export const padded = (length: number): number => Math.ceil(length / 8) * 8
