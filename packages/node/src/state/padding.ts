/** The least that is sealed, in bytes: most settings and names look alike from outside. */
const LEAST = 128

/**
 * The length to which `length` bytes are padded, by Padmé (Nikitin et al., 2019): a length tells at most a few of its highest bits, for at most 12 % more.
 */
export function paddedLength(length: number): number {
  if (length <= LEAST) return LEAST
  const exponent = Math.floor(Math.log2(length))
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)
  return Math.ceil(length / step) * step
}
