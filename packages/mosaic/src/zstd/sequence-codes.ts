import { buildFseTable } from "./fse.ts"

/** How one of the three parts of a sequence is coded. */
export interface SequenceCode {
  readonly maxLog: number
  readonly maxSymbol: number
  readonly predefined: ReturnType<typeof buildFseTable>
}

const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value)

// RFC 8878, 3.1.1.3.2.2: default distributions.
export const LITERAL_LENGTHS: SequenceCode = {
  maxLog: 9,
  maxSymbol: 35,
  predefined: buildFseTable([4, 3, ...repeat(11, 2), 1, 1, 1, ...repeat(9, 2), 3, 2, ...repeat(5, 1), ...repeat(4, -1)], 6),
}
export const OFFSETS: SequenceCode = {
  maxLog: 8,
  maxSymbol: 31,
  predefined: buildFseTable([...repeat(6, 1), 2, 2, 2, ...repeat(15, 1), ...repeat(5, -1)], 5),
}
export const MATCH_LENGTHS: SequenceCode = {
  maxLog: 9,
  maxSymbol: 52,
  predefined: buildFseTable([1, 4, 3, ...repeat(6, 2), ...repeat(37, 1), ...repeat(7, -1)], 6),
}

/** Extra bits of each code; the values follow one another without gaps. (RFC 8878, 3.1.1.3.2.1.1) */
export const LITERAL_LENGTH_BITS = Uint8Array.from([...repeat(16, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
export const MATCH_LENGTH_BITS = Uint8Array.from([...repeat(32, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
export const LITERAL_LENGTH_BASES = basesOf(LITERAL_LENGTH_BITS, 0)
export const MATCH_LENGTH_BASES = basesOf(MATCH_LENGTH_BITS, 3)

function basesOf(bits: Uint8Array, first: number): Uint32Array {
  let base = first
  return Uint32Array.from(bits, (width) => {
    const own = base
    base += 2 ** width
    return own
  })
}
