import { type PublicKey, type Timestamp, toHex } from "@tessera/mosaic"
import { type IpRange, formatIpRange, parseIpAddress, rangeOf } from "./ip-address.ts"

/** Whom a ban names. */
export type BanSubject = { readonly type: "key"; readonly key: PublicKey } | { readonly type: "address"; readonly range: IpRange }

/** Somebody who may not be here, until a time or for good. */
export interface Ban {
  readonly subject: BanSubject
  /** When it ends; undefined: never. */
  readonly until: Timestamp | undefined
}

const MOST = 100_000

/** Who is banned: keys and ranges of addresses, at most 100,000. A ban of a subject takes the place of an earlier one. */
export class BanList {
  readonly #now: () => Timestamp
  readonly #keys = new Map<string, Ban>()
  /** By prefix length, then by range: looking one address up costs one step for each length in use. */
  readonly #ranges = new Map<number, Map<string, Ban>>()
  readonly #listeners = new Set<() => void>()

  constructor(now: () => Timestamp, bans: Iterable<Ban> = []) {
    this.#now = now
    for (const ban of bans) this.#set(ban)
  }

  get size(): number {
    return [...this.#ranges.values()].reduce((sum, { size }) => sum + size, this.#keys.size)
  }

  /** Those in force. */
  *[Symbol.iterator](): Generator<Ban> {
    for (const bans of [this.#keys, ...this.#ranges.values()]) for (const ban of bans.values()) if (this.#isInForce(ban)) yield ban
  }

  /**
   * Takes effect at once, on open connections too.
   * @throws {RangeError} when there are too many.
   */
  add(ban: Ban): void {
    if (this.size >= MOST) this.expire()
    if (this.size >= MOST) throw new RangeError(`more than ${MOST} bans`)
    this.#set(ban)
    for (const listener of this.#listeners) listener()
  }

  /** False when there is none. */
  remove(subject: BanSubject): boolean {
    if (subject.type === "key") return this.#keys.delete(toHex(subject.key))
    const bans = this.#ranges.get(subject.range.bits)
    const found = bans?.delete(formatIpRange(subject.range)) ?? false
    if (bans?.size === 0) this.#ranges.delete(subject.range.bits)
    return found
  }

  /** The ban of a key itself, not of its master. */
  ofKey(key: Uint8Array): Ban | undefined {
    return this.#inForce(this.#keys.get(toHex(key)))
  }

  get hasKeys(): boolean {
    return this.#keys.size > 0
  }

  /** The ban of an address without port; one for good before one that ends. */
  ofAddress(text: string): Ban | undefined {
    if (this.#ranges.size === 0) return undefined
    const address = parseIpAddress(text)
    if (address === undefined) return undefined
    let found: Ban | undefined
    for (const [bits, bans] of this.#ranges) {
      const ban = this.#inForce(bans.get(formatIpRange(rangeOf(address, bits))))
      if (ban?.until === undefined && ban !== undefined) return ban
      found ??= ban
    }
    return found
  }

  /** Forgets those that have ended. @returns how many. */
  expire(): number {
    const ended = [...this.#keys.values(), ...[...this.#ranges.values()].flatMap((bans) => [...bans.values()])].filter(
      (ban) => !this.#isInForce(ban),
    )
    for (const { subject } of ended) this.remove(subject)
    return ended.length
  }

  /** Calls back after a ban was added, until the answer is disposed. */
  onAdded(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  #set(ban: Ban): void {
    if (ban.subject.type === "key") {
      this.#keys.set(toHex(ban.subject.key), ban)
      return
    }
    const { range } = ban.subject
    const bans = this.#ranges.get(range.bits) ?? new Map<string, Ban>()
    this.#ranges.set(range.bits, bans.set(formatIpRange(range), ban))
  }

  #isInForce({ until }: Ban): boolean {
    return until === undefined || this.#now() < until
  }

  #inForce(ban: Ban | undefined): Ban | undefined {
    return ban !== undefined && this.#isInForce(ban) ? ban : undefined
  }
}
