/** Sums of ids, modulo 2^256, are kept as eight 32-bit numbers, the least first: ids count as little-endian integers. */
export const SUM_WORDS = 8

const WORD = 0x1_0000_0000

/** Adds the id at `offset` to the sum that begins at `at`. */
export function addId(sums: Uint32Array, at: number, view: DataView, offset: number): void {
  let carry = 0
  for (let word = 0; word < SUM_WORDS; word += 1) {
    const sum = (sums[at + word] ?? 0) + view.getUint32(offset + 4 * word, true) + carry
    sums[at + word] = sum
    carry = sum >= WORD ? 1 : 0
  }
}

/** What is left of the sum at `a` without that at `b`. */
export function subtractSum(sums: Uint32Array, a: number, other: Uint32Array, b: number): Uint32Array {
  const result = new Uint32Array(SUM_WORDS)
  let borrow = 0
  for (let word = 0; word < SUM_WORDS; word += 1) {
    const difference = (sums[a + word] ?? 0) - (other[b + word] ?? 0) - borrow
    result[word] = difference
    borrow = difference < 0 ? 1 : 0
  }
  return result
}
