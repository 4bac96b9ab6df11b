import { type Handling, type Timestamp, type VerifiedRecord, equalBytes, kindHandling, parseTimestamp } from "@tessera/mosaic"
import { type Anchor, type ResumePoint, readAnchor, toResumePoint } from "./resume-point.ts"
import { Seen } from "./seen.ts"

/** How far before the anchor a query begins at first, in nanoseconds: clocks differ, and 10 minutes cost little. */
const OVERLAP = 600_000_000_000n
/** Each further query goes back so many times farther. */
const WIDER = 8n
/** After so many queries that did not reach the anchor everything is asked for. */
const WINDOWS = 5
/** About 10 MB. */
const SEEN = 65_536

/**
 * How far a subscription has come, and so where it begins again: without gaps, although the server's clock may say anything.
 *
 * A server receives records one after the other, with growing times. So if the anchor, a record that was received before all that is still
 * missing, comes back in an answer to "received since T", everything after it is in that answer too, whatever clock T was read from. If it does
 * not, T was too late (or the anchor is gone): ask again from further back, and in the end for everything.
 */
export class Progress {
  readonly #now: () => Timestamp
  readonly #seen = new Seen(SEEN)
  #anchor: Anchor | undefined
  /** The best of what came for the first time while catching up: it becomes the anchor when that is complete. */
  #best: Candidate | undefined
  /** The best of what came in this window, for the first time or again: in place of an anchor that is gone. */
  #bestOfAll: Candidate | undefined
  #isAll = true
  #hasComeAgain = false

  /** @throws {TypeError} when `resume` is no resume point. */
  constructor(resume: ResumePoint | undefined, now: () => Timestamp) {
    this.#now = now
    this.#anchor = resume === undefined ? undefined : readAnchor(resume)
    if (this.#anchor !== undefined) this.#seen.add(this.#anchor.id)
  }

  get resume(): ResumePoint {
    return toResumePoint(this.#anchor)
  }

  /** The times to ask from, one after the other until the anchor comes back; undefined asks for everything. */
  windows(): readonly (Timestamp | undefined)[] {
    const anchor = this.#anchor
    if (anchor === undefined) return [undefined]
    const starts = Array.from({ length: WINDOWS }, (_, index) => anchor.at - OVERLAP * WIDER ** BigInt(index))
    return [...starts.filter((start) => start > 0n).map((start) => parseTimestamp(start)), undefined]
  }

  /** A window is asked for: what follows is its answer. */
  begin(since: Timestamp | undefined): void {
    this.#isAll = since === undefined
    this.#hasComeAgain = false
    this.#bestOfAll = undefined
  }

  /** Whether the answer reaches back to the anchor, so that nothing is missing between them. */
  get reachesBack(): boolean {
    return this.#isAll || this.#hasComeAgain
  }

  /** A stored record has come while catching up; false when it came before. */
  stored(record: VerifiedRecord): boolean {
    const isNew = this.#seen.add(record.id)
    this.#bestOfAll = better(this.#bestOfAll, this.#candidate(record, undefined))
    if (isNew) this.#best = better(this.#best, this.#candidate(record, this.#anchor?.at))
    if (this.#anchor !== undefined && equalBytes(record.id, this.#anchor.id)) this.#hasComeAgain = true
    return isNew
  }

  /** A new record has come after catching up; false when it came before. Everything received before it has come too. */
  live(record: VerifiedRecord): boolean {
    const isNew = this.#seen.add(record.id)
    const rank = RANK[kindHandling(record.kind)]
    if (isNew && rank > NEVER && (rank === STAYS || this.#anchor === undefined)) this.#anchor = { id: record.id, at: this.#now() }
    return isNew
  }

  /** All that is stored has come. */
  caughtUp(): void {
    if (this.#best !== undefined) this.#anchor = this.#best.anchor
    else if (!this.#hasComeAgain && this.#bestOfAll !== undefined) this.#anchor = this.#bestOfAll.anchor
    this.#best = undefined
  }

  /**
   * The newest is most likely the one that was received last. When that was is not known: not before `notBefore`, and about when it was written.
   */
  #candidate(record: VerifiedRecord, notBefore: Timestamp | undefined): Candidate {
    const now = this.#now()
    const written = record.timestamp < now ? record.timestamp : now
    const at = notBefore !== undefined && notBefore > written ? notBefore : written
    return { anchor: { id: record.id, at }, rank: RANK[kindHandling(record.kind)] }
  }
}

interface Candidate {
  readonly anchor: Anchor
  readonly rank: number
}

function better(known: Candidate | undefined, other: Candidate): Candidate | undefined {
  if (other.rank === NEVER) return known
  if (known === undefined || other.rank > known.rank) return other
  return other.rank === known.rank && other.anchor.at > known.anchor.at ? other : known
}

/** What may serve as anchor: best what stays; what is replaced one day costs one full query then; what is never stored does not come back. */
const NEVER = 0
const MAY_GO = 1
const STAYS = 2
const RANK: Record<Handling, number> = { ephemeral: NEVER, replaceable: MAY_GO, unique: STAYS, versioned: STAYS }

/** The later of two beginnings. */
export function laterOf(a: Timestamp | undefined, b: Timestamp | undefined): Timestamp | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}
