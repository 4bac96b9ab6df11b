import { DecodeError } from "../errors.ts"
import { BackwardBits } from "./backward-bits.ts"
import { type FseTable, readFseTable, singleSymbolTable } from "./fse.ts"
import type { Output } from "./output.ts"
import * as codes from "./sequence-codes.ts"

/** What a frame remembers from block to block: tables that may be repeated, and the three last offsets. */
export interface SequencesState {
  literalLengths: FseTable | undefined
  offsets: FseTable | undefined
  matchLengths: FseTable | undefined
  recent: [number, number, number]
}

/**
 * Carries out the sequences of a block: some literals, then a copy of something earlier; the literals that are left come last.
 * (RFC 8878, 3.1.1.3.2 and 3.1.1.4)
 *
 * @throws {DecodeError} `ZSTD: …`, or what `output` throws.
 */
export function runSequences(section: Uint8Array, literals: Uint8Array, state: SequencesState, output: Output): void {
  const { count, length } = readCount(section)
  if (count === 0) {
    if (length !== section.length) throw new DecodeError("ZSTD: trailing bytes in a block")
    return output.append(literals)
  }
  const bits = new BackwardBits(section.subarray(length + readTables(section.subarray(length), state)))
  const { literalLengths: ll, offsets: of, matchLengths: ml } = state
  if (ll === undefined || of === undefined || ml === undefined) throw new DecodeError("ZSTD: no table to repeat")
  let llState = bits.read(ll.log)
  let ofState = bits.read(of.log)
  let mlState = bits.read(ml.log)
  let used = 0
  for (let i = 0; i < count; i += 1) {
    const ofCode = of.symbols[ofState] ?? 0
    const offsetValue = 2 ** ofCode + bits.read(ofCode)
    const mlCode = ml.symbols[mlState] ?? 0
    const matchLength = (codes.MATCH_LENGTH_BASES[mlCode] ?? 0) + bits.read(codes.MATCH_LENGTH_BITS[mlCode] ?? 0)
    const llCode = ll.symbols[llState] ?? 0
    const literalLength = (codes.LITERAL_LENGTH_BASES[llCode] ?? 0) + bits.read(codes.LITERAL_LENGTH_BITS[llCode] ?? 0)
    if (literalLength > literals.length - used) throw new DecodeError("ZSTD: too few literals")
    output.append(literals.subarray(used, used + literalLength))
    used += literalLength
    output.repeat(takeOffset(state.recent, offsetValue, literalLength === 0), matchLength)
    if (i + 1 === count) break
    llState = (ll.bases[llState] ?? 0) + bits.read(ll.bits[llState] ?? 0)
    mlState = (ml.bases[mlState] ?? 0) + bits.read(ml.bits[mlState] ?? 0)
    ofState = (of.bases[ofState] ?? 0) + bits.read(of.bits[ofState] ?? 0)
  }
  if (bits.position !== 0) throw new DecodeError("ZSTD: sequences")
  output.append(literals.subarray(used))
}

function readCount(section: Uint8Array): { count: number; length: number } {
  const [first = 0, second = 0, third = 0] = section
  const length = first < 128 ? 1 : first < 255 ? 2 : 3
  if (section.length < length) throw new DecodeError("ZSTD: sequences cut off")
  if (length === 1) return { count: first, length }
  return { count: length === 2 ? ((first - 128) << 8) + second : second + (third << 8) + 0x7f00, length }
}

/** Reads the three tables. @returns the length of their descriptions. */
function readTables(section: Uint8Array, state: SequencesState): number {
  const modes = section[0] ?? 0
  if (section.length === 0 || (modes & 3) !== 0) throw new DecodeError("ZSTD: sequence modes")
  let at = 1
  const read = (code: codes.SequenceCode, mode: number, previous: FseTable | undefined): FseTable | undefined => {
    if (mode === 0) return code.predefined
    if (mode === 3) return previous
    if (mode === 1) {
      const symbol = section[at] ?? 0xff
      if (symbol > code.maxSymbol) throw new DecodeError("ZSTD: sequence code")
      at += 1
      return singleSymbolTable(symbol)
    }
    const { table, length } = readFseTable(section.subarray(at), code.maxLog, code.maxSymbol)
    at += length
    return table
  }
  state.literalLengths = read(codes.LITERAL_LENGTHS, modes >> 6, state.literalLengths)
  state.offsets = read(codes.OFFSETS, (modes >> 4) & 3, state.offsets)
  state.matchLengths = read(codes.MATCH_LENGTHS, (modes >> 2) & 3, state.matchLengths)
  return at
}

/** Values 1 to 3 name recent offsets, shifted by one when no literals precede; others are offsets plus 3. (RFC 8878, 3.1.1.5) */
function takeOffset(recent: [number, number, number], value: number, noLiterals: boolean): number {
  if (value > 3) {
    recent.unshift(value - 3)
    recent.pop()
    return recent[0]
  }
  const index = value - 1 + (noLiterals ? 1 : 0)
  const offset = index === 3 ? recent[0] - 1 : (recent[index] ?? 0)
  if (index > 0) {
    recent.splice(Math.min(index, 2), 1)
    recent.unshift(offset)
  }
  return offset
}
