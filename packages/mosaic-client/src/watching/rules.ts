import { RESULT, type Timestamp } from "@tessera/mosaic"
import type { Finding } from "./report.ts"

/** How much a server has against it: of being there, and of being honest. Nothing is 0; each fades with time. */
export interface Score {
  readonly availability: number
  readonly honesty: number
  /** When these were right. */
  readonly at: Timestamp
}

const HOUR = 3_600_000_000_000
/** After so long half of it is forgotten, in nanoseconds: a server that was down is soon tried again, one that lied is not. */
const AVAILABILITY_HALF_LIFE = 2 * HOUR
const HONESTY_HALF_LIFE = 72 * HOUR
/** What counts at most, so that nobody is avoided for ever. */
const MOST = 32

/** A server of which nothing is known. */
export const newScore = (at: Timestamp): Score => ({ availability: 0, honesty: 0, at })

/** A score as it is later. A clock that was set back changes nothing. */
export function fade(score: Score, now: Timestamp): Score {
  const elapsed = Number(now - score.at)
  if (elapsed <= 0) return score
  return {
    availability: score.availability * 0.5 ** (elapsed / AVAILABILITY_HALF_LIFE),
    honesty: score.honesty * 0.5 ** (elapsed / HONESTY_HALF_LIFE),
    at: now,
  }
}

/** A score after something was noticed. */
export function charge(score: Score, finding: Finding): Score {
  const { availability = 0, honesty = 0 } = weight(finding)
  const sum = (a: number, b: number): number => Math.min(MOST, a + b)
  return { ...score, availability: sum(score.availability, availability), honesty: sum(score.honesty, honesty) }
}

/** A score after the server did what it was asked: what was against its being there counts half. */
export const forgive = (score: Score): Score => ({ ...score, availability: score.availability / 2 })

/** 1 for a server with nothing against it, less the more there is; never 0. Below 0.25 (three times unreachable, one lie) routing avoids it. */
export const healthOf = ({ availability, honesty }: Score): number => 1 / (1 + availability + honesty)

function weight(finding: Finding): { readonly availability?: number; readonly honesty?: number } {
  switch (finding.type) {
    case "unreachable":
    case "wrongServer":
    case "silent":
      return { availability: 1.1 }
    case "closed":
      return { availability: finding.code === RESULT.SHUTTING_DOWN ? 0.2 : 0.5 }
    case "slow":
      return { availability: 0.3 }
    case "queryRefused":
      return { availability: 0.5 }
    case "recordRefused":
      // What a server takes is its own affair.
      return {}
    case "forged":
    case "notAskedFor":
      return { honesty: 4 }
    case "protocol":
      return { honesty: 0.5 }
    case "missing":
      // An inbox may hold back what it thinks is abuse, and an author's own client may have failed to bring it: neither is known here.
      return { honesty: finding.acknowledged ? 4 : finding.role === "outbox" ? 1.5 : 0.5 }
    default:
      return finding satisfies never
  }
}

const SLOW_MS = 5_000
const TIMES_SLOWER = 4

/** Whether a server is slow: much slower than the median of the others with the same question, and for a person too. All in milliseconds. */
export function slowness(milliseconds: number, others: readonly number[]): number | undefined {
  const sorted = [...others].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  return median !== undefined && milliseconds > SLOW_MS && milliseconds > TIMES_SLOWER * median ? median : undefined
}
