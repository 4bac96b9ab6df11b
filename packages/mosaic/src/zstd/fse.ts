import { DecodeError } from "../errors.ts"
import { highestBit } from "./backward-bits.ts"

/** A decoding table of finite state entropy: for each state its symbol, and how the next state is found. (RFC 8878, 4.1) */
export interface FseTable {
  /** Binary logarithm of the number of states. */
  readonly log: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly bases: Uint16Array
}

const ZEROS = [0, 0, 0]

/** The table of a distribution: a probability for each symbol out of 2^log, -1 for "less than 1". */
export function buildFseTable(distribution: readonly number[], log: number): FseTable {
  const size = 1 << log
  const symbols = new Uint8Array(size)
  const next = distribution.map((probability) => Math.abs(probability))
  let high = size
  distribution.forEach((probability, symbol) => {
    if (probability === -1) symbols[(high -= 1)] = symbol
  })
  const step = (size >> 1) + (size >> 3) + 3
  let position = 0
  distribution.forEach((probability, symbol) => {
    for (let i = 0; i < probability; i += 1) {
      symbols[position] = symbol
      do position = (position + step) & (size - 1)
      while (position >= high)
    }
  })
  const bits = new Uint8Array(size)
  const bases = new Uint16Array(size)
  for (let state = 0; state < size; state += 1) {
    const symbol = symbols[state] ?? 0
    const count = next[symbol] ?? 1
    next[symbol] = count + 1
    const width = log - highestBit(count)
    bits[state] = width
    bases[state] = (count << width) - size
  }
  return { log, symbols, bits, bases }
}

/** The table that always gives one symbol and takes no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), bases: Uint16Array.of(0) }
}

/**
 * Reads a table description at the start of `bytes`.
 *
 * @returns the table, and how many bytes its description takes.
 * @throws {DecodeError} for a description that is cut off, or exceeds `maxLog` or `maxSymbol`.
 */
export function readFseTable(bytes: Uint8Array, maxLog: number, maxSymbol: number): { table: FseTable; length: number } {
  let at = 4
  const peek = (count: number): number => {
    const index = at >> 3
    const window = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8) | ((bytes[index + 2] ?? 0) << 16)
    return (window >> (at & 7)) & ((1 << count) - 1)
  }
  const log = ((bytes[0] ?? 0) & 15) + 5
  if (log > maxLog) throw new DecodeError("ZSTD: table too large")
  const distribution: number[] = []
  let remaining = 1 << log
  while (remaining > 0 && distribution.length <= maxSymbol) {
    const width = highestBit(remaining + 1) + 1
    const lowMask = (1 << (width - 1)) - 1
    const threshold = (1 << width) - 2 - remaining
    let value = peek(width)
    // Small values are written with one bit less.
    if ((value & lowMask) < threshold) {
      value &= lowMask
      at += width - 1
    } else {
      if (value > lowMask) value -= threshold
      at += width
    }
    const probability = value - 1
    remaining -= Math.abs(probability)
    distribution.push(probability)
    // After a zero, two bits at a time say how many more follow; 3 says that another count comes.
    let more = probability === 0 ? 3 : 0
    while (more === 3 && distribution.length <= maxSymbol) {
      more = peek(2)
      at += 2
      distribution.push(...ZEROS.slice(0, more))
    }
  }
  const length = Math.ceil(at / 8)
  if (remaining !== 0 || distribution.length > maxSymbol + 1 || length > bytes.length) throw new DecodeError("ZSTD: table")
  return { table: buildFseTable(distribution, log), length }
}
