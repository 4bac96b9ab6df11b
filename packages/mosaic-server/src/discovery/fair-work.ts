import { FairLine } from "../connection/fair-line.ts"
import { addressGroup, remoteAddress } from "../policy/ip-address.ts"
import type { Peer } from "../policy/policy.ts"

/** Too many wait, and this one is of the place that has the most waiting. */
export class CrowdedOutError extends Error {
  override readonly name = "CrowdedOutError"
}

interface Waiting {
  readonly place: string
  readonly connection: number
  readonly begin: () => void
  readonly giveWay: (error: unknown) => void
}

/** Does a few things at the same time. The others wait and take turns by where they are: whoever asks for much waits longer, nobody else does. */
export class FairWork {
  readonly #running: number
  readonly #waiting: number
  readonly #line = new FairLine<Waiting>()
  /** The same, to tell who has the most waiting. */
  readonly #places = new Map<string, Set<Waiting>>()
  #runs = 0
  #waits = 0

  /** @param options how many run, and how many wait, at most. */
  constructor({ running, waiting }: { readonly running: number; readonly waiting: number }) {
    this.#running = running
    this.#waiting = waiting
  }

  /** @throws {CrowdedOutError} when it has to give way; the signal's reason when it aborts before its turn. */
  async run<Value>(peer: Pick<Peer, "remote" | "id">, work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    signal.throwIfAborted()
    if (this.#runs >= this.#running) await this.#turn(addressGroup(remoteAddress(peer.remote)), peer.id, signal)
    else this.#runs += 1
    try {
      return await work()
    } finally {
      // Whoever is next takes over the place.
      const next = this.#line.next()
      if (next === undefined) this.#runs -= 1
      else {
        this.#forget(next)
        next.begin()
      }
    }
  }

  async #turn(place: string, connection: number, signal: AbortSignal): Promise<void> {
    if (this.#waits >= this.#waiting) this.#makeRoom(place)
    const turn = Promise.withResolvers<void>()
    const waiting: Waiting = { place, connection, begin: turn.resolve, giveWay: turn.reject }
    const abort = (): void => {
      if (this.#remove(waiting)) turn.reject(signal.reason)
    }
    this.#line.add(waiting, place, connection)
    this.#places.set(place, (this.#places.get(place) ?? new Set()).add(waiting))
    this.#waits += 1
    signal.addEventListener("abort", abort, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener("abort", abort)
    }
  }

  #makeRoom(place: string): void {
    const crowded = new CrowdedOutError("too many wait")
    let longest = this.#places.get(place) ?? new Set<Waiting>()
    const own = longest.size
    for (const other of this.#places.values()) if (other.size > longest.size) longest = other
    const [first] = longest
    if (longest.size === own || first === undefined) throw crowded
    this.#remove(first)
    first.giveWay(crowded)
  }

  #remove(waiting: Waiting): boolean {
    if (!this.#forget(waiting)) return false
    this.#line.delete(waiting, waiting.place, waiting.connection)
    return true
  }

  #forget(waiting: Waiting): boolean {
    const others = this.#places.get(waiting.place)
    if (others?.delete(waiting) !== true) return false
    if (others.size === 0) this.#places.delete(waiting.place)
    this.#waits -= 1
    return true
  }
}
