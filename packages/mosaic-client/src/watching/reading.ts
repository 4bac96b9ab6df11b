import {
  type Filter,
  type PublicKey,
  type Timestamp,
  type VerifiedRecord,
  MAX_TIMESTAMP,
  ZERO_TIMESTAMP,
  equalBytes,
  kindHandling,
  matchesFilter,
  toHex,
} from "@tessera/mosaic"
import { KeyMap } from "../key-map.ts"
import type { Asked, ReadObserver } from "../pool/read.ts"
import type { ServerRole } from "../routing/facts.ts"
import { type Sighting, mustBeShown, sight } from "./sighting.ts"

/** Records that are compared at most: the newest of a reading. About 20 MB. */
const SIGHTINGS = 20_000

/** A server did not show a record that another showed, when it was asked for it. Not more than that yet. */
export interface Suspicion {
  readonly suspect: PublicKey
  readonly witness: PublicKey
  readonly role: ServerRole
  readonly asSelf: boolean
  readonly sighting: Sighting
}

/** What one server was asked, and how far its answer can be relied on. */
interface Answer {
  readonly asked: Asked
  /** What is newer than this should have come. */
  completeAfter: Timestamp
  /** The oldest that came. */
  oldest: Timestamp
}

interface Seen {
  readonly sighting: Sighting
  /** The answers in which it came. */
  readonly by: Set<Answer>
  /** The answers that ask for it. */
  readonly wantedBy: readonly Answer[]
}

/**
 * What the servers of one plan have shown, so that they can be compared. Tell it everything of one reading or of one subscription, as its observer.
 */
export class Reading implements ReadObserver {
  readonly #now: () => Timestamp
  readonly #identity: PublicKey | undefined
  readonly #answers = new Map<Asked, Answer>()
  /** The answers that ask for an author's records, and those that ask for anybody's. */
  readonly #byAuthor = new KeyMap<Answer[]>()
  readonly #ofAnybody: Answer[] = []
  readonly #seen = new Map<string, Seen>()
  /** Of each address of a replaceable kind, the newest version that an answer holds. */
  readonly #newest = new Map<string, Map<Answer, Timestamp>>()

  /**
   * @param asked everything that the plan asks.
   * @param identity who reads where servers know it.
   */
  constructor(asked: readonly Asked[], identity: PublicKey | undefined, now: () => Timestamp) {
    this.#now = now
    this.#identity = identity
    for (const one of asked) {
      const answer: Answer = { asked: one, completeAfter: MAX_TIMESTAMP, oldest: MAX_TIMESTAMP }
      this.#answers.set(one, answer)
      if (one.filter.authors === undefined) this.#ofAnybody.push(answer)
      for (const author of one.filter.authors ?? []) this.#byAuthor.ensure(author as PublicKey, () => []).push(answer)
    }
  }

  arrived(asked: Asked, record: VerifiedRecord): void {
    const answer = this.#answers.get(asked)
    if (answer === undefined) return
    if (record.timestamp < answer.oldest) answer.oldest = record.timestamp
    if (kindHandling(record.kind) === "replaceable") this.#noteVersion(answer, record)
    const key = toHex(record.id)
    const known = this.#seen.get(key)
    if (known !== undefined) {
      known.by.add(answer)
      return
    }
    if (this.#seen.size >= SIGHTINGS) return
    const wantedBy = [...(this.#byAuthor.get(record.author) ?? []), ...this.#ofAnybody].filter((other) => asksFor(other, record))
    // What nobody else was asked for cannot be compared.
    if (!wantedBy.some((other) => other !== answer)) return
    const sighting = sight(record, asked.read.asSelf ? this.#identity : undefined, this.#now())
    this.#seen.set(key, { sighting, by: new Set([answer]), wantedBy })
  }

  finished(asked: Asked, { isWhole }: { readonly isWhole: boolean }): void {
    const answer = this.#answers.get(asked)
    if (answer !== undefined) answer.completeAfter = isWhole ? ZERO_TIMESTAMP : answer.oldest
  }

  caughtUp(asked: Asked): void {
    this.finished(asked, { isWhole: true })
  }

  failed(asked: Asked): void {
    this.finished(asked, { isWhole: false })
  }

  /**
   * Who did not show what others showed. What was looked at is not looked at again.
   *
   * @param seenBefore of records that were seen first before this time; of all when not given.
   */
  suspicions(seenBefore: Timestamp = MAX_TIMESTAMP): Suspicion[] {
    const now = this.#now()
    const found: Suspicion[] = []
    for (const [key, { sighting, by, wantedBy }] of this.#seen) {
      if (sighting.firstSeen >= seenBefore) continue
      this.#seen.delete(key)
      const [shown] = by
      if (shown === undefined || !mustBeShown(sighting, now)) continue
      for (const answer of wantedBy) {
        if (by.has(answer) || sighting.timestamp <= answer.completeAfter || this.#hasNewer(answer, sighting)) continue
        const { read } = answer.asked
        if (equalBytes(read.server, shown.asked.read.server)) continue
        // Somebody anonymous must not be shown what the same person, known, may see.
        if (read.asSelf !== shown.asked.read.asSelf) continue
        found.push({ suspect: read.server, witness: shown.asked.read.server, role: read.role, asSelf: read.asSelf, sighting })
      }
    }
    return found
  }

  #noteVersion(answer: Answer, record: VerifiedRecord): void {
    const key = toHex(record.address)
    const versions = this.#newest.get(key) ?? new Map<Answer, Timestamp>()
    this.#newest.set(key, versions)
    const known = versions.get(answer)
    if (known === undefined || record.timestamp > known) versions.set(answer, record.timestamp)
    if (this.#newest.size <= SIGHTINGS) return
    for (const oldest of this.#newest.keys()) {
      this.#newest.delete(oldest)
      break
    }
  }

  #hasNewer(answer: Answer, { kind, address, timestamp }: Sighting): boolean {
    if (kindHandling(kind) !== "replaceable") return false
    const newest = this.#newest.get(toHex(address))?.get(answer)
    return newest !== undefined && newest >= timestamp
  }
}

/** Whether a filter asks for a record. When a server received it is not known, so nobody is suspected for what a filter by that time leaves out. */
function asksFor({ asked }: Answer, record: VerifiedRecord): boolean {
  const { authors: _authors, ...rest }: Filter = asked.filter
  if (rest.receivedSince !== undefined || rest.receivedUntil !== undefined) return false
  return matchesFilter(rest, record, record.timestamp)
}
