/** What decides a whole run: 64 bits. */
export type Seed = bigint

const LIMIT = 1n << 64n

/** Prints a seed as `SIM_SEED` takes it: `0x` and 16 hexadecimal digits. */
export function formatSeed(seed: Seed): string {
  return `0x${seed.toString(16).padStart(16, "0")}`
}

/** @throws {RangeError} unless the text is a whole number of at most 64 bits, decimal or with `0x`. */
export function parseSeed(text: string): Seed {
  if (!/^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(text))
    throw new RangeError(`seed: ${JSON.stringify(text)}, 64 bits expected, decimal or 0x…`)
  const seed = BigInt(text)
  if (seed >= LIMIT) throw new RangeError(`seed: ${text}, at most 64 bits expected`)
  return seed
}

/** The seeds that were asked for (`SIM_SEED`, several with commas between), otherwise the first `count`, which are the same at each run. */
export function seedsToRun(count: number, asked: string | undefined = process.env["SIM_SEED"]): readonly Seed[] {
  if (asked !== undefined && asked !== "") return asked.split(",").map((text) => parseSeed(text.trim()))
  return Array.from({ length: count }, (_, index) => BigInt(index + 1))
}
