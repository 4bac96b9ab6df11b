import type { ByteReader } from "../byte-reader.ts"
import type { ByteWriter } from "../byte-writer.ts"
import { DecodeError } from "../errors.ts"

/** The greatest value that fits: all numbers of the protocol have 64 bits. */
export const MAX_VARINT = 0xffff_ffff_ffff_ffffn

/** The most bytes that a varint has. */
export const MAX_VARINT_LENGTH = 10

/** Writes an integer in digits of 7 bits, most significant first; the top bit says that another follows. */
export function writeVarint(writer: ByteWriter, value: bigint | number): void {
  if (typeof value === "number" && value < 0x80) {
    writer.u8(value)
    return
  }
  const digits: number[] = []
  let rest = BigInt(value)
  if (rest < 0n || rest > MAX_VARINT) throw new RangeError(`not an unsigned 64-bit integer: ${value}`)
  do {
    digits.push(Number(rest & 0x7fn))
    rest >>= 7n
  } while (rest > 0n)
  for (let index = digits.length - 1; index >= 0; index -= 1) writer.u8((digits[index] ?? 0) | (index > 0 ? 0x80 : 0))
}

/**
 * Reads a varint in as few digits as possible.
 *
 * @throws {DecodeError} `truncated`; `varint` with a needless zero digit or beyond 64 bits.
 */
export function readVarint(reader: ByteReader): bigint {
  const start = reader.offset
  let digit = reader.u8()
  if (digit < 0x80) return BigInt(digit)
  if (digit === 0x80) throw new DecodeError("varint: begins with zero", start)
  let value = BigInt(digit & 0x7f)
  while (digit >= 0x80) {
    digit = reader.u8()
    value = (value << 7n) | BigInt(digit & 0x7f)
    if (value > MAX_VARINT) throw new DecodeError("varint: beyond 64 bits", start)
  }
  return value
}

/** Reads a varint that counts something of which there can be at most `most`. @throws {DecodeError} as `readVarint`; `count` when it is greater. */
export function readCount(reader: ByteReader, most: number): number {
  const start = reader.offset
  const value = readVarint(reader)
  if (value > BigInt(most)) throw new DecodeError(`count: ${value}, at most ${most}`, start)
  return Number(value)
}
