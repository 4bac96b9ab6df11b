import { RESULT, type ResultCode, type Timestamp, parseTimestamp } from "@tessera/mosaic"
import { Rate } from "../connection/rate.ts"
import { addressGroup } from "../policy/ip-address.ts"
import { RateTable } from "../policy/rates.ts"

/** How many connections there may be, and how fast they may come. */
export interface AddressLimits {
  /** Connections of one address (IPv6: one /64) at a time. */
  readonly connectionsPerAddress: number
  /** Connections of all at a time. */
  readonly connections: number
  /** New connections of one address at once, and then per second. */
  readonly connectionBurst: number
  readonly connectionsPerSecond: number
}

/** Lets a thousand connections of one address in at once. */
export const DEFAULT_ADDRESS_LIMITS: AddressLimits = {
  connectionsPerAddress: 1_000,
  connections: 10_000,
  connectionBurst: 3_000,
  connectionsPerSecond: 100,
}

/** Addresses whose rates are remembered. */
const REMEMBERED = 20_000
/** Who is turned away still costs a handshake: so many at a time, and so many a second, learn why; the others are dropped. */
const TOLD_AT_A_TIME = 100
const TOLD_PER_SECOND = 20

/** Somebody who has come in, or with a `refusal` to be told that they may not. To be let go with `leave`, once. */
export interface Entrance {
  readonly refusal: ResultCode | undefined
  /** Says that the connection has ended. */
  leave(): void
}

/** What to count by, and whom to turn away. */
export interface AddressesOptions {
  readonly limits?: Partial<AddressLimits>
  /** Why an address (without port) may not be here, such as a ban; undefined when it may. */
  readonly refusal?: (address: string) => ResultCode | undefined
  /** The clock for rates; one that never jumps when not given. */
  readonly now?: () => Timestamp
}

/** Counts the connections of each address, for one listener or for several that share it. */
export class Addresses {
  readonly #limits: AddressLimits
  readonly #refusal: (address: string) => ResultCode | undefined
  readonly #rates: RateTable
  readonly #telling: Rate
  readonly #counts = new Map<string, number>()
  #total = 0
  #told = 0

  constructor({ limits, refusal = () => undefined, now = monotonic }: AddressesOptions = {}) {
    this.#limits = { ...DEFAULT_ADDRESS_LIMITS, ...limits }
    this.#refusal = refusal
    this.#rates = new RateTable({ burst: this.#limits.connectionBurst, perSecond: this.#limits.connectionsPerSecond }, REMEMBERED, now)
    this.#telling = new Rate(TOLD_AT_A_TIME, TOLD_PER_SECOND, now)
  }

  /** To be asked before anything is spent on a connection. Undefined: it is to be dropped without a word. */
  enter(address: string): Entrance | undefined {
    const group = addressGroup(address)
    const count = this.#counts.get(group) ?? 0
    if (this.#total >= this.#limits.connections) return undefined
    const banned = this.#refusal(address)
    if (banned !== undefined) return this.#tell(banned)
    if (count >= this.#limits.connectionsPerAddress || !this.#rates.take(group)) return this.#tell(RESULT.TOO_FAST)
    this.#counts.set(group, count + 1)
    this.#total += 1
    return { refusal: undefined, leave: () => this.#leave(group) }
  }

  #tell(refusal: ResultCode): Entrance | undefined {
    if (this.#told >= TOLD_AT_A_TIME || !this.#telling.take()) return undefined
    this.#told += 1
    return {
      refusal,
      leave: () => {
        this.#told -= 1
      },
    }
  }

  #leave(group: string): void {
    const count = this.#counts.get(group) ?? 0
    if (count <= 1) this.#counts.delete(group)
    else this.#counts.set(group, count - 1)
    this.#total -= 1
  }
}

/** An address without the form that an IPv4 peer has on an IPv6 socket; undefined when the socket is gone already. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "")
}

const monotonic = (): Timestamp => parseTimestamp(BigInt(Math.round(performance.now() * 1e6)))
