const FIRST = 400
const LONGEST = 8_000

/** Milliseconds to wait before the attempt after `failures` failed ones: doubling, bounded, spread by `random` in [0, 1). */
export function backOff(failures: number, random: number): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10)) * (0.5 + random / 2)
}
