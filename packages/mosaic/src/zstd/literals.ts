import { DecodeError } from "../errors.ts"
import { type HuffmanTable, decodeHuffman, readHuffmanTable } from "./huffman.ts"

/** What a frame remembers of its last Huffman tree. */
export interface LiteralsState {
  huffman: HuffmanTable | undefined
}

/**
 * Reads the literals section at the start of a block. (RFC 8878, 3.1.1.3.1)
 *
 * @param maxLength the most bytes that the block may give.
 * @returns the literals, and how many bytes of the block their section takes.
 * @throws {DecodeError} `ZSTD: …`.
 */
export function readLiterals(block: Uint8Array, state: LiteralsState, maxLength: number): { literals: Uint8Array; length: number } {
  const first = block[0] ?? 0
  const type = first & 3
  const format = (first >> 2) & 3
  return type < 2 ? readPlain(block, type, format, maxLength) : readCompressed(block, type, format, state, maxLength)
}

/** Little-endian, of up to 5 bytes: more than bit operations can hold. */
function headerOf(block: Uint8Array, length: number): number {
  if (block.length < length) throw new DecodeError("ZSTD: literals cut off")
  return block.subarray(0, length).reduceRight((value, byte) => value * 256 + byte, 0)
}

function readPlain(block: Uint8Array, type: number, format: number, maxLength: number): { literals: Uint8Array; length: number } {
  const headerLength = format === 1 ? 2 : format === 3 ? 3 : 1
  const size = headerOf(block, headerLength) >> (headerLength === 1 ? 3 : 4)
  const end = headerLength + (type === 0 ? size : 1)
  if (size > maxLength || end > block.length) throw new DecodeError("ZSTD: literals")
  const literals = type === 0 ? block.subarray(headerLength, end) : new Uint8Array(size).fill(block[headerLength] ?? 0)
  return { literals, length: end }
}

function readCompressed(
  block: Uint8Array,
  type: number,
  format: number,
  state: LiteralsState,
  maxLength: number,
): { literals: Uint8Array; length: number } {
  const headerLength = format < 2 ? 3 : format + 2
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
  const header = headerOf(block, headerLength)
  const size = Math.floor(header / 16) % 2 ** sizeBits
  const end = headerLength + Math.floor(header / 2 ** (4 + sizeBits))
  if (size > maxLength || end > block.length) throw new DecodeError("ZSTD: literals")
  let streams = block.subarray(headerLength, end)
  if (type === 2) {
    const { table, length } = readHuffmanTable(streams)
    state.huffman = table
    streams = streams.subarray(length)
  }
  if (state.huffman === undefined) throw new DecodeError("ZSTD: no Huffman tree to repeat")
  const literals = new Uint8Array(size)
  if (format === 0) decodeHuffman(state.huffman, streams, literals)
  else decodeFour(state.huffman, streams, literals)
  return { literals, length: end }
}

/** Four streams behind a table of the lengths of the first three; each gives a quarter, rounded up, the last one the rest. */
function decodeFour(table: HuffmanTable, streams: Uint8Array, literals: Uint8Array): void {
  const quarter = Math.ceil(literals.length / 4)
  if (streams.length < 6 || 3 * quarter > literals.length) throw new DecodeError("ZSTD: literals")
  let at = 6
  for (let i = 0; i < 4; i += 1) {
    const length = i === 3 ? streams.length - at : (streams[2 * i] ?? 0) | ((streams[2 * i + 1] ?? 0) << 8)
    if (length < 0 || at + length > streams.length) throw new DecodeError("ZSTD: literals")
    decodeHuffman(table, streams.subarray(at, at + length), literals.subarray(i * quarter, i === 3 ? undefined : (i + 1) * quarter))
    at += length
  }
}
