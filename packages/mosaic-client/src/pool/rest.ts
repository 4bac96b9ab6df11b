import { type PublicKey, type Timestamp, toHex } from "@tessera/mosaic"
import { Backoff } from "../keep-subscribed/backoff.ts"

/** Servers that are remembered for having failed; whoever failed longest ago is forgotten first. */
const SERVERS = 10_000
const MILLISECOND = 1_000_000n

/** How long servers that failed are left alone: longer each time (see {@link Backoff}). */
export class Rest {
  readonly #now: () => Timestamp
  readonly #random: () => number
  readonly #servers = new Map<string, { readonly backoff: Backoff; since: Timestamp; milliseconds: number }>()

  constructor(now: () => Timestamp, random: () => number) {
    this.#now = now
    this.#random = random
  }

  /** Milliseconds that a server is still left alone; 0 when it may be dialled. A clock that was set back does not make it longer. */
  left(server: PublicKey): number {
    const resting = this.#servers.get(toHex(server))
    if (resting === undefined) return 0
    const passed = Number((this.#now() - resting.since) / MILLISECOND)
    return passed < 0 ? 0 : Math.max(0, resting.milliseconds - passed)
  }

  /** It has failed. @param livedMs how long its connection lived, in milliseconds; 0 when there was none. */
  failed(server: PublicKey, livedMs: number): void {
    const key = toHex(server)
    const backoff = this.#servers.get(key)?.backoff ?? new Backoff(this.#random)
    this.#servers.delete(key)
    this.#servers.set(key, { backoff, since: this.#now(), milliseconds: backoff.next(livedMs) })
    if (this.#servers.size <= SERVERS) return
    for (const oldest of this.#servers.keys()) {
      this.#servers.delete(oldest)
      break
    }
  }
}
