import { DecodeError } from "../errors.ts"
import { BackwardBits, highestBit } from "./backward-bits.ts"
import { readFseTable } from "./fse.ts"

/** A Huffman decoding table: symbol and code length for each `width` bits that may follow. (RFC 8878, 4.2) */
export interface HuffmanTable {
  readonly width: number
  readonly symbols: Uint8Array
  readonly lengths: Uint8Array
}

const MAX_WIDTH = 11
const MAX_SYMBOLS = 256

/**
 * Reads a tree description at the start of `bytes`.
 *
 * @returns the table, and how many bytes its description takes.
 * @throws {DecodeError} for an impossible tree.
 */
export function readHuffmanTable(bytes: Uint8Array): { table: HuffmanTable; length: number } {
  const header = bytes[0] ?? 0
  const isDirect = header >= 128
  const length = 1 + (isDirect ? (header - 126) >> 1 : header)
  if (length > bytes.length) throw new DecodeError("ZSTD: Huffman tree cut off")
  const description = bytes.subarray(1, length)
  return { table: buildHuffmanTable(isDirect ? directWeights(description, header - 127) : fseWeights(description)), length }
}

function directWeights(bytes: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => ((bytes[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15)
}

/** Two states take turns; the stream is over when one of them would need bits that are not there. */
function fseWeights(bytes: Uint8Array): number[] {
  const { table, length } = readFseTable(bytes, 6, MAX_WIDTH + 1)
  const bits = new BackwardBits(bytes.subarray(length))
  const states: [number, number] = [bits.read(table.log), bits.read(table.log)]
  const weights: number[] = []
  for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
    const state = states[turn]
    weights.push(table.symbols[state] ?? 0)
    states[turn] = (table.bases[state] ?? 0) + bits.readPadded(table.bits[state] ?? 0)
    if (bits.position < 0) {
      weights.push(table.symbols[states[turn === 0 ? 1 : 0]] ?? 0)
      return weights
    }
    if (weights.length >= MAX_SYMBOLS) throw new DecodeError("ZSTD: Huffman tree too large")
  }
}

function buildHuffmanTable(weights: number[]): HuffmanTable {
  const sum = weights.reduce((total, weight) => total + (weight === 0 ? 0 : 2 ** (weight - 1)), 0)
  const width = sum === 0 ? 0 : Math.floor(Math.log2(sum)) + 1
  if (width < 1 || width > MAX_WIDTH || weights.length >= MAX_SYMBOLS) throw new DecodeError("ZSTD: Huffman tree")
  // The last symbol's weight is not written: it fills what is left.
  const rest = (1 << width) - sum
  if ((rest & (rest - 1)) !== 0) throw new DecodeError("ZSTD: Huffman tree")
  weights.push(highestBit(rest) + 1)
  const symbols = new Uint8Array(1 << width)
  const lengths = new Uint8Array(1 << width)
  let at = 0
  for (let weight = 1; weight <= width; weight += 1) {
    weights.forEach((own, symbol) => {
      if (own !== weight) return
      const end = at + (1 << (weight - 1))
      symbols.fill(symbol, at, end)
      lengths.fill(width + 1 - weight, at, end)
      at = end
    })
  }
  return { width, symbols, lengths }
}

/** Decodes one stream, which must give exactly as many bytes as `output` has. @throws {DecodeError} when it does not. */
export function decodeHuffman(table: HuffmanTable, stream: Uint8Array, output: Uint8Array): void {
  const bits = new BackwardBits(stream)
  const { width, symbols, lengths } = table
  for (let i = 0; i < output.length; i += 1) {
    const index = bits.peek(width)
    output[i] = symbols[index] ?? 0
    bits.skip(lengths[index] ?? 0)
    if (bits.position < 0) break
  }
  if (bits.position !== 0) throw new DecodeError("ZSTD: literals")
}
