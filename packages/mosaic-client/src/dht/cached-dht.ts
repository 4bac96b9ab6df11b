import {
  type BootstrapDht,
  type BootstrapDhtOptions,
  type BootstrapPutOutcome,
  type BootstrapSelector,
  type PublicKey,
  type SignedBootstrap,
  compareBootstraps,
  toHex,
} from "@tessera/mosaic"
import { DhtUnreachableError } from "./errors.ts"
import { SharedWork } from "./shared-work.ts"

/** Half an hour, as the specification asks for at least: what is an hour old is looked up again. */
const FRESH_MS = 30 * 60_000
const NOTHING_MS = 5 * 60_000
const MOST_KEPT = 4_096
const MOST_RUNNING = 16
const MOST_WAITING = 256

/** How long to believe what was found, and how much to do at once. */
export interface CachedDhtOptions {
  /** Milliseconds from any moment; a clock that never jumps, such as `performance.now`. */
  readonly now?: () => number
  /** How long a bootstrap is given out without a look, in milliseconds; 30 minutes when not given. */
  readonly freshMs?: number
  /** How long it is believed that there is none, in milliseconds; 5 minutes when not given. */
  readonly nothingMs?: number
  /** Keys that are remembered; 4,096 when not given. */
  readonly entries?: number
  /** Lookups at the same time; 16 when not given. As many as 256 others wait for their turn. */
  readonly running?: number
}

interface Entry {
  readonly found: SignedBootstrap | undefined
  readonly at: number
}

/**
 * A DHT that remembers what it found, looks once for all who ask for the same at the same time, and never goes back to an older bootstrap. When the DHT
 * cannot be reached, it gives what it knew.
 *
 * @see Specification: bootstrap, "Master keypairs": "Software SHOULD cache results for at least 30 minutes."
 */
export class CachedDht implements BootstrapDht {
  readonly #dht: BootstrapDht
  readonly #now: () => number
  readonly #freshMs: number
  readonly #nothingMs: number
  readonly #most: number
  readonly #entries = new Map<string, Entry>()
  readonly #work: SharedWork<SignedBootstrap | undefined>

  constructor(dht: BootstrapDht, options: CachedDhtOptions = {}) {
    this.#dht = dht
    this.#now = options.now ?? (() => performance.now())
    this.#freshMs = options.freshMs ?? FRESH_MS
    this.#nothingMs = options.nothingMs ?? NOTHING_MS
    this.#most = options.entries ?? MOST_KEPT
    const busy = (): Error => new DhtUnreachableError("too many lookups at once")
    this.#work = new SharedWork({ running: options.running ?? MOST_RUNNING, waiting: MOST_WAITING, busy })
  }

  /** @throws {DhtUnreachableError} when nothing is known and no node answers, or too many others wait. */
  async lookup(selector: BootstrapSelector, key: PublicKey, { signal }: BootstrapDhtOptions = {}): Promise<SignedBootstrap | undefined> {
    signal?.throwIfAborted()
    const name = nameOf(selector, key)
    const known = this.#entries.get(name)
    const age = known === undefined ? Infinity : this.#now() - known.at
    if (known !== undefined && age < (known.found === undefined ? this.#nothingMs : this.#freshMs)) return known.found
    try {
      return await this.#work.run(name, (shared) => this.#look(selector, key, shared), signal)
    } catch (error) {
      if (known?.found === undefined || !(error instanceof DhtUnreachableError)) throw error
      return known.found
    }
  }

  async put(signed: SignedBootstrap, options?: BootstrapDhtOptions): Promise<BootstrapPutOutcome> {
    const outcome = await this.#dht.put(signed, options)
    if (outcome.ok) this.#learn(nameOf(signed.selector, signed.key), signed)
    else if (outcome.reason !== "refused") this.#learn(nameOf(signed.selector, signed.key), outcome.known)
    return outcome
  }

  async #look(selector: BootstrapSelector, key: PublicKey, signal: AbortSignal): Promise<SignedBootstrap | undefined> {
    return this.#learn(nameOf(selector, key), await this.#dht.lookup(selector, key, { signal }))
  }

  #learn(name: string, found: SignedBootstrap | undefined): SignedBootstrap | undefined {
    const before = this.#entries.get(name)?.found
    const isBack = before !== undefined && (found === undefined || compareBootstraps(found, before) === "older")
    const kept = isBack ? before : found
    this.#entries.delete(name)
    this.#entries.set(name, { found: kept, at: this.#now() })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) break
      this.#entries.delete(oldest)
    }
    return kept
  }
}

const nameOf = (selector: BootstrapSelector, key: PublicKey): string => `${selector} ${toHex(key)}`
