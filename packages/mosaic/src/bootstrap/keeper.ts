import { equalBytes, toHex } from "../bytes.ts"
import { type SecretKey, publicKeyOf } from "../keys/secret-key.ts"
import type { PublicKey } from "../keys/public-key.ts"
import type { BootstrapSelector } from "../message/dht.ts"
import type { Bootstrap } from "./bootstrap.ts"
import type { BootstrapDht, BootstrapDhtOptions } from "./dht-port.ts"
import { nextBootstrap } from "./next.ts"
import type { BootstrapShelf } from "./shelf.ts"
import { type SignedBootstrap, compareBootstraps } from "./signed.ts"

/** What could not be put is tried again after so long, in milliseconds. */
const TICK_MS = 5 * 60_000
/** Everything is put again each hour: "Data SHOULD be refreshed every hour, as it MAY expire in 2 hours." (Specification: bootstrap) */
const TICKS_AN_HOUR = 12
const AT_ONCE = 4
const MOST_KEPT = 1_000
/** Somebody else with the same key may be putting at the same time. */
const ATTEMPTS = 3

/** What became of a bootstrap that is to stay in the DHT. */
export type KeepOutcome =
  /** So many nodes hold it now. */
  | { readonly ok: true; readonly signed: SignedBootstrap; readonly nodes: number }
  /** It is kept and tried again: the DHT could not be reached (`error` says why), or no node took it. */
  | { readonly ok: false; readonly reason: "unreachable" | "refused"; readonly signed: SignedBootstrap; readonly error?: unknown }
  /** A newer one is known, which is kept instead; or another text with the same sequence number, and it is not kept. */
  | { readonly ok: false; readonly reason: "older" | "conflict"; readonly known: SignedBootstrap }

/** What became of one's own bootstrap. */
export type PublishOutcome =
  | KeepOutcome
  /** Nothing was signed: without a look into the DHT nobody knows which sequence number is free. */
  | { readonly ok: false; readonly reason: "unknown"; readonly error: unknown }

/** What a keeper is made of. */
export interface BootstrapKeeperOptions {
  /** Not a cache: its lookups decide about sequence numbers. */
  readonly dht: BootstrapDht
  readonly shelf: BootstrapShelf
  /** Resolves after so many milliseconds, or rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Whether it is still to be kept: asked before each refresh. What is not is forgotten, and expires in the DHT. */
  readonly isWanted?: (signed: SignedBootstrap) => boolean | Promise<boolean>
  /** A key of one's own: its bootstraps are put again only once they were published since the start, and never forgotten, for their numbers' sake. */
  readonly ownKey?: PublicKey
  /** Bootstraps of others that are kept, 1,000 when not given. Beyond, the one that was handed over longest ago is forgotten. */
  readonly most?: number
  /** Told what became of each at a refresh. */
  readonly onRefreshed?: (outcome: KeepOutcome) => void
  /** Told when the shelf, or something else of ours, fails at a refresh. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Keeps bootstraps in the DHT, one's own and those of others: puts each again every hour, and notes each on its shelf before anybody sees it. So a
 * restart, after a crash too, never puts an older one, nor one sequence number with another text.
 *
 * @see Specification: bootstrap, "Bootstrap Distribution"
 */
export class BootstrapKeeper {
  readonly #options: BootstrapKeeperOptions
  /** Those handed over longest ago first. */
  readonly #kept = new Map<string, SignedBootstrap>()
  readonly #own = new Set<string>()
  /** Still to be put. */
  readonly #due = new Set<string>()
  /** What is done with one key is done in order. */
  readonly #busy = new Map<string, Promise<void>>()

  private constructor(options: BootstrapKeeperOptions, kept: readonly SignedBootstrap[]) {
    this.#options = options
    for (const signed of kept) this.#kept.set(nameOf(signed.selector, signed.key), signed)
  }

  /** Takes up what lies on the shelf. @throws what the shelf throws. */
  static async open(options: BootstrapKeeperOptions): Promise<BootstrapKeeper> {
    return new BootstrapKeeper(options, await options.shelf.load())
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.size
  }

  /** The newest that is kept. */
  get(selector: BootstrapSelector, key: PublicKey): SignedBootstrap | undefined {
    return this.#kept.get(nameOf(selector, key))
  }

  /** Keeps what its owner has signed from now on, and puts it at once. @throws what the shelf throws, and the signal's reason. */
  take(signed: SignedBootstrap, options: BootstrapDhtOptions = {}): Promise<KeepOutcome> {
    return this.#inTurn(nameOf(signed.selector, signed.key), () => this.#take(signed, options))
  }

  /**
   * Signs and keeps one's own bootstrap: the one that says this already, or a new one with the next free sequence number.
   *
   * @throws {RangeError} for what cannot be written; what the shelf throws, and the signal's reason.
   */
  publish(bootstrap: Bootstrap, master: SecretKey, options: BootstrapDhtOptions = {}): Promise<PublishOutcome> {
    const key = publicKeyOf(master)
    const name = nameOf(bootstrap.type, key)
    this.#own.add(name)
    return this.#inTurn(name, async () => {
      const seen: SignedBootstrap[] = []
      for (let attempt = 1; ; attempt += 1) {
        try {
          const found = await this.#options.dht.lookup(bootstrap.type, key, options)
          if (found !== undefined) seen.push(found)
        } catch (error) {
          options.signal?.throwIfAborted()
          return this.#publishUnseen(bootstrap, master, error)
        }
        const kept = this.#kept.get(name)
        const known = kept === undefined ? seen : [kept, ...seen]
        const outcome = await this.#take(nextBootstrap(bootstrap, master, known), options)
        if (attempt === ATTEMPTS || outcome.ok || (outcome.reason !== "older" && outcome.reason !== "conflict")) return outcome
        seen.push(outcome.known)
      }
    })
  }

  /** Puts everything again each hour, until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    for (let tick = 0; !signal.aborted; tick = (tick + 1) % TICKS_AN_HOUR) {
      const next = this.#options.sleep(TICK_MS, signal).catch(() => {})
      if (tick === 0) for (const name of this.#kept.keys()) this.#due.add(name)
      await this.refresh(signal)
      await next
    }
  }

  /** Puts what could not be put before, or is to be put again. Never rejects. */
  async refresh(signal: AbortSignal): Promise<void> {
    const names = [...this.#due].values()
    const work = async (): Promise<void> => {
      for (const name of names) if (!signal.aborted) await this.#inTurn(name, () => this.#refresh(name, signal))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** Of what says this already nothing has to be signed, and it is tried again. */
  #publishUnseen(bootstrap: Bootstrap, master: SecretKey, error: unknown): PublishOutcome {
    const kept = this.get(bootstrap.type, publicKeyOf(master))
    if (kept === undefined || nextBootstrap(bootstrap, master, [kept]) !== kept) return { ok: false, reason: "unknown", error }
    this.#due.add(nameOf(kept.selector, kept.key))
    return { ok: false, reason: "unreachable", signed: kept, error }
  }

  async #take(signed: SignedBootstrap, options: BootstrapDhtOptions): Promise<KeepOutcome> {
    const name = nameOf(signed.selector, signed.key)
    const before = this.#kept.get(name)
    const relation = before === undefined ? "newer" : compareBootstraps(signed, before)
    if (before !== undefined && (relation === "older" || relation === "conflict")) return { ok: false, reason: relation, known: before }
    if (relation === "newer") await this.#options.shelf.save(signed)
    this.#keep(name, signed)
    await this.#makeRoom()
    const outcome = await this.#put(signed, options)
    // Of one's own it may have got somewhere all the same: the next one comes after it.
    const isDisputed = !outcome.ok && outcome.reason === "conflict"
    if (isDisputed && relation === "newer" && !this.#own.has(name)) await this.#restore(name, signed, before)
    return outcome
  }

  #keep(name: string, signed: SignedBootstrap): void {
    this.#kept.delete(name)
    this.#kept.set(name, signed)
    this.#due.add(name)
  }

  async #put(signed: SignedBootstrap, options: BootstrapDhtOptions): Promise<KeepOutcome> {
    const name = nameOf(signed.selector, signed.key)
    const { dht, shelf } = this.#options
    let outcome: Awaited<ReturnType<BootstrapDht["put"]>>
    try {
      outcome = await dht.put(signed, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      return { ok: false, reason: "unreachable", signed, error }
    }
    if (!outcome.ok && outcome.reason === "refused") return { ok: false, reason: "refused", signed }
    if (!outcome.ok && outcome.reason === "older") {
      // Its owner has handed a newer one to somebody else: that one is kept from now on.
      await shelf.save(outcome.known)
      this.#kept.set(name, outcome.known)
    } else this.#due.delete(name)
    return outcome.ok ? { ok: true, signed, nodes: outcome.nodes } : { ok: false, reason: outcome.reason, known: outcome.known }
  }

  async #refresh(name: string, signal: AbortSignal): Promise<void> {
    const { isWanted, onRefreshed, onFailure } = this.#options
    const signed = this.#kept.get(name)
    try {
      if (signed !== undefined && this.#isAtRest(name, signed)) {
        this.#due.delete(name)
        return
      }
      if (signed === undefined || (!this.#own.has(name) && (await isWanted?.(signed)) === false)) return await this.#forget(name)
      const outcome = await this.#put(signed, { signal })
      onRefreshed?.(outcome)
    } catch (error) {
      if (!signal.aborted) onFailure?.(error)
    }
  }

  #isAtRest(name: string, { key }: SignedBootstrap): boolean {
    const { ownKey } = this.#options
    return ownKey !== undefined && equalBytes(key, ownKey) && !this.#own.has(name)
  }

  /** The DHT has another text with this sequence number: what was kept before is kept again. */
  async #restore(name: string, signed: SignedBootstrap, before: SignedBootstrap | undefined): Promise<void> {
    if (before === undefined) return this.#forget(name)
    await this.#options.shelf.save(before)
    if (this.#kept.get(name) === signed) this.#kept.set(name, before)
  }

  async #makeRoom(): Promise<void> {
    const most = this.#options.most ?? MOST_KEPT
    for (const [name, signed] of this.#kept) {
      if (this.#kept.size - this.#own.size <= most) return
      if (!this.#own.has(name) && !this.#isAtRest(name, signed)) await this.#forget(name)
    }
  }

  async #forget(name: string): Promise<void> {
    const signed = this.#kept.get(name)
    if (signed !== undefined) await this.#options.shelf.remove(signed.selector, signed.key)
    this.#kept.delete(name)
    this.#due.delete(name)
  }

  async #inTurn<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#busy.get(name)
    const done = Promise.withResolvers<void>()
    this.#busy.set(name, done.promise)
    try {
      await before
      return await work()
    } finally {
      if (this.#busy.get(name) === done.promise) this.#busy.delete(name)
      done.resolve()
    }
  }
}

const nameOf = (selector: BootstrapSelector, key: PublicKey): string => `${selector} ${toHex(key)}`
