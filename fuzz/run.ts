import { DecodeError, VerifyError, toHex } from "@tessera/mosaic"
import { Source } from "./source.ts"
import type { Target } from "./target.ts"

/** One input may take so long, in milliseconds, before it is tried again to see whether it is the input. */
const SLOW_MS = 50
const TRIES = 3
/** Inputs before the next target has its turn. */
const TURN = 1_000

/** Something to look into. */
export interface Finding {
  readonly target: string
  readonly what: string
  /** Hexadecimal. */
  readonly input: string
}

export interface Tally {
  readonly target: string
  accepted: number
  refused: number
  milliseconds: number
  /** The slowest input, in milliseconds. */
  slowest: number
}

export interface FuzzOptions {
  readonly targets: readonly Target[]
  readonly seed: number
  /** Of all targets together. */
  readonly count: number
  readonly milliseconds: number
  readonly onProgress: (done: number) => void
}

export interface FuzzResult {
  readonly tallies: readonly Tally[]
  readonly findings: readonly Finding[]
}

/** Feeds the targets in turns until there were enough inputs, or enough time has passed. Each has its own source: adding one changes none of the others. */
export function fuzz({ targets, seed, count, milliseconds, onProgress }: FuzzOptions): FuzzResult {
  // To record where each of millions of expected errors was made would take most of the time.
  Error.stackTraceLimit = 0
  const start = performance.now()
  const lanes = targets.map((target) => ({
    target,
    source: new Source(seed ^ nameSeed(target.name)),
    tally: { target: target.name, accepted: 0, refused: 0, milliseconds: 0, slowest: 0 } satisfies Tally as Tally,
  }))
  const findings: Finding[] = []
  let done = 0
  while (done < count && performance.now() - start < milliseconds) {
    for (const { target, source, tally } of lanes) {
      const turn = Math.max(1, Math.round((TURN * target.share) / 1_000))
      const began = performance.now()
      for (let run = 0; run < turn; run += 1) {
        const finding = feed(target, source, tally, run % 2 === 0)
        if (finding !== undefined && findings.length < 50) findings.push(finding)
      }
      tally.milliseconds += performance.now() - began
      done += turn
    }
    onProgress(done)
  }
  return { tallies: lanes.map(({ tally }) => tally), findings }
}

function feed(target: Target, source: Source, tally: Tally, isRepaired: boolean): Finding | undefined {
  const bytes = source.mutate(target.good)
  if (isRepaired) target.repair?.(bytes)
  const original = bytes.slice()
  const began = performance.now()
  const fault = attempt(target, bytes, source)
  const took = performance.now() - began
  if (took > tally.slowest) tally.slowest = took
  if (fault === "accepted") tally.accepted += 1
  else if (fault === "refused") tally.refused += 1
  else return { target: target.name, what: fault, input: toHex(original) }
  if (took > SLOW_MS && isSlow(target, original, source)) return { target: target.name, what: `takes ${took} ms`, input: toHex(original) }
  return undefined
}

/** A machine that is busy makes anything slow: only time of the processor counts, and each time. */
function isSlow(target: Target, bytes: Uint8Array, source: Source): boolean {
  for (let times = 0; times < TRIES; times += 1) {
    const began = process.cpuUsage()
    attempt(target, bytes.slice(), source)
    const { user, system } = process.cpuUsage(began)
    if ((user + system) / 1_000 < SLOW_MS) return false
  }
  return true
}

function attempt(target: Target, bytes: Uint8Array, source: Source): string {
  try {
    target.take(bytes, source)
    return "accepted"
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return "refused"
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

function nameSeed(name: string): number {
  let hash = 0
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0
  return hash
}
