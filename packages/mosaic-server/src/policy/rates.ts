import { RESULT, type Timestamp, toHex } from "@tessera/mosaic"
import { Rate } from "../connection/rate.ts"
import { BoundedMap } from "../schedules/bounded-map.ts"
import { addressGroup, remoteAddress } from "./ip-address.ts"
import { ALLOWED, type Policy, refuse } from "./policy.ts"

/** How many at once, and how many a second in the long run. */
export interface RateLimit {
  readonly burst: number
  readonly perSecond: number
}

/** How fast whom is heard. */
export interface RatesOptions {
  /** The time; only its differences matter. */
  readonly now: () => Timestamp
  /** Of one proved key, over all its connections. */
  readonly key: { readonly submission: RateLimit; readonly query: RateLimit }
  /** Of one address (IPv6: one /64), over all its connections, authenticated or not. */
  readonly address: { readonly submission: RateLimit; readonly query: RateLimit }
  /** Keys, and addresses, that are remembered at the same time. */
  readonly remembered: number
}

/**
 * Lets a burst of 5,000 submissions, a thousand connections of an address and a thousand subscriptions on each of a hundred of them through.
 */
export const DEFAULT_RATES: Omit<RatesOptions, "now"> = {
  key: { submission: { burst: 20_000, perSecond: 2_000 }, query: { burst: 100_000, perSecond: 2_000 } },
  address: { submission: { burst: 50_000, perSecond: 5_000 }, query: { burst: 200_000, perSecond: 5_000 } },
  remembered: 50_000,
}

/**
 * Counts what each key and each address asks, over all its connections, whatever the limits of one connection let through; beyond: `TOO_FAST`.
 *
 * Its memory is bounded: whoever was not heard for longest is forgotten first. Somebody who has so many addresses that others are forgotten gains
 * no more than a burst for each, which they have anyway.
 */
export function ratesPolicy(options: RatesOptions): Policy {
  const keys = tables(options.key, options)
  const addresses = tables(options.address, options)
  return {
    hear(peer, { type: asked }) {
      const type = asked === "submission" || asked === "blobSubmission" ? "submission" : "query"
      if (!addresses[type].take(addressGroup(remoteAddress(peer.remote)))) return refuse(RESULT.TOO_FAST, "its address is too fast")
      if (peer.key !== undefined && !keys[type].take(toHex(peer.key))) return refuse(RESULT.TOO_FAST, "its key is too fast")
      return ALLOWED
    },
    admit: () => ALLOWED,
    mayRead: () => true,
  }
}

const tables = ({ submission, query }: RatesOptions["key"], { now, remembered }: RatesOptions) => ({
  submission: new RateTable(submission, remembered, now),
  query: new RateTable(query, remembered, now),
})

/** A token bucket for each name, of the `capacity` that were heard last. */
export class RateTable {
  readonly #limit: RateLimit
  readonly #now: () => Timestamp
  readonly #rates: BoundedMap<Rate>

  constructor(limit: RateLimit, capacity: number, now: () => Timestamp) {
    this.#limit = limit
    this.#now = now
    this.#rates = new BoundedMap(capacity)
  }

  /** Names that are remembered. */
  get size(): number {
    return this.#rates.size
  }

  /** Takes one of a name's; false when it has none left. */
  take(name: string): boolean {
    let rate = this.#rates.get(name)
    if (rate === undefined) {
      rate = new Rate(this.#limit.burst, this.#limit.perSecond, this.#now)
      this.#rates.set(name, rate)
    }
    return rate.take()
  }
}
