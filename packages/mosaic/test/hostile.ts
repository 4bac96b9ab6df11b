import { DecodeError, VerifyError } from "../src/errors.ts"
import { Random } from "./random.ts"

interface Hostility {
  /** 100,000 when not given. */
  readonly runs?: number
  /** To repeat a failure: the seed that it printed. */
  readonly seed?: number
  /** Puts right what would stop most mutated inputs at the door, such as a length in the header; done to every second one. */
  readonly repair?: (bytes: Uint8Array) => void
}

/**
 * Feeds a parser random inputs and mutations of valid ones.
 *
 * @returns how many were accepted, so that a test can see that its mutations reach beyond the first check.
 * @throws {Error} with seed and input when the parser throws anything but `DecodeError` or `VerifyError`.
 */
export function feedHostileInput(parse: (bytes: Uint8Array) => unknown, valid: readonly Uint8Array[], options: Hostility = {}): number {
  const { runs = 100_000, seed = Date.now() % 2 ** 32, repair } = options
  const random = new Random(seed)
  let accepted = 0
  for (let run = 0; run < runs; run += 1) {
    const input = run % 8 === 0 ? random.bytes(random.below(200)) : mutate(random.pick(valid), valid, random)
    if (run % 2 === 0) repair?.(input)
    const outcome = withoutStacks(() => outcomeOf(parse, input))
    if (outcome === "accepted") accepted += 1
    if (outcome instanceof Error) throw new Error(`seed ${seed}, run ${run}, input ${hex(input)}: ${outcome.name}: ${outcome.message}`)
  }
  return accepted
}

function outcomeOf(parse: (bytes: Uint8Array) => unknown, input: Uint8Array): "accepted" | "refused" | Error {
  try {
    parse(input)
    return "accepted"
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return "refused"
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** To record where each of 100,000 expected errors was made would take most of the time. */
function withoutStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return run()
  } finally {
    Error.stackTraceLimit = limit
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const EXTREMES = [0x00, 0x01, 0x04, 0x07, 0x08, 0x7f, 0x80, 0xfe, 0xff]

function mutate(original: Uint8Array, valid: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Uint8Array.from(original)
  for (let times = 1 + random.below(3); times > 0; times -= 1) bytes = mutateOnce(bytes, valid, random)
  return bytes
}

function mutateOnce(bytes: Uint8Array, valid: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + random.below(16))
  const result = Uint8Array.from(bytes)
  switch (random.below(9)) {
    case 0:
      result[at] = (result[at] ?? 0) ^ (1 << random.below(8))
      return result
    case 1:
      result[at] = random.below(256)
      return result
    case 2:
      result.fill(random.pick(EXTREMES), at, to)
      return result
    case 3:
      return result.slice(0, at)
    case 4:
      return join(result, random.bytes(random.below(16)))
    case 5:
      return join(result.subarray(0, at), random.bytes(1 + random.below(16)), result.subarray(at))
    case 6:
      return join(result.subarray(0, at), result.subarray(to))
    case 7:
      return join(result.subarray(0, to), result.subarray(at))
    default: {
      const other = random.pick(valid)
      return join(result.subarray(0, at), other.subarray(random.below(other.length + 1)))
    }
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
