import { type PublicKey, type Timestamp, parseTimestamp, toHex } from "@tessera/mosaic"
import { MOST_AT_ONCE } from "./confirm.ts"
import type { Suspicion } from "./reading.ts"

/** Suspicions that wait. Beyond, further ones are dropped: a server that withholds so much is noticed all the same. */
const WAITING = 2_048

/** Suspicions of one server that are to be looked into together. */
export interface DueSuspicions {
  readonly suspect: PublicKey
  readonly witness: PublicKey
  readonly asSelf: boolean
  readonly suspicions: readonly Suspicion[]
}

/** Suspicions that wait until records had time to reach all servers. */
export class WaitingSuspicions {
  readonly #grace: bigint
  readonly #waiting = new Map<string, Suspicion>()

  /** @param graceMs how long a record may take from the first server where we see it to all others, in milliseconds. */
  constructor(graceMs: number) {
    this.#grace = BigInt(Math.round(graceMs)) * 1_000_000n
  }

  get size(): number {
    return this.#waiting.size
  }

  add(suspicion: Suspicion): void {
    const key = `${toHex(suspicion.suspect)} ${toHex(suspicion.sighting.id)}`
    if (this.#waiting.size < WAITING && !this.#waiting.has(key)) this.#waiting.set(key, suspicion)
  }

  /** When the first is due; undefined when none waits. */
  get firstDue(): Timestamp | undefined {
    let first: Timestamp | undefined
    for (const suspicion of this.#waiting.values()) {
      const due = this.#due(suspicion)
      if (first === undefined || due < first) first = due
    }
    return first
  }

  /** Takes out those that are due, by server and witness, few at once. */
  take(now: Timestamp): DueSuspicions[] {
    const groups = new Map<string, { suspect: PublicKey; witness: PublicKey; asSelf: boolean; suspicions: Suspicion[] }>()
    const full: DueSuspicions[] = []
    for (const [key, suspicion] of this.#waiting) {
      if (this.#due(suspicion) > now) continue
      this.#waiting.delete(key)
      const { suspect, witness, asSelf } = suspicion
      const name = `${toHex(suspect)} ${toHex(witness)} ${asSelf}`
      const group = groups.get(name) ?? { suspect, witness, asSelf, suspicions: [] }
      groups.set(name, group)
      group.suspicions.push(suspicion)
      if (group.suspicions.length < MOST_AT_ONCE) continue
      full.push(group)
      groups.delete(name)
    }
    return [...full, ...groups.values()]
  }

  #due({ sighting }: Suspicion): Timestamp {
    return parseTimestamp(sighting.firstSeen + this.#grace)
  }
}
