import type { KdfCost } from "../ports.ts"

/** What Argon2id costs for one wrap; stored beside it. */
export type Argon2Cost = Pick<KdfCost, "memoryKiB" | "passes" | "lanes">

/** For people: about half a second. Above the second recommendation of RFC 9106 (64 MiB, 3 passes), with one lane because WebAssembly has one thread. */
export const DEFAULT_COST: KdfCost = { memoryKiB: 65_536, passes: 3, lanes: 1, sheetLogN: 18 }

/** Whether the numbers of a file are ones that this program would compute: at most 1 GiB and 16 passes. */
export function isArgon2Cost(cost: Argon2Cost): boolean {
  const { memoryKiB, passes, lanes } = cost
  if (![memoryKiB, passes, lanes].every((n) => Number.isInteger(n) && n > 0)) return false
  return lanes <= 16 && passes <= 16 && memoryKiB >= 8 * lanes && memoryKiB <= 1_048_576
}
