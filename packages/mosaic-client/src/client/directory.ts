import { type BootstrapServer, type PublicKey, type Timestamp, bootstrapServers, toHex } from "@tessera/mosaic"
import { KeyMap } from "../key-map.ts"
import type { ServerRole } from "../routing/facts.ts"
import type { Discovery } from "./discovery.ts"

/** "Clients SHOULD check for updates to bootstrap records if their cached data is more than an hour old." (Specification: bootstrap) */
const FRESH = 3_600_000_000_000n
/** What was not found, or could not be looked up, is looked up again after so long. */
const RETRY = 300_000_000_000n
/** Bootstraps of each sort that are kept, a few kilobytes each at most. */
const KEPT = 20_000
/** Lookups at the same time. */
const AT_ONCE = 16

/** Bootstraps, looked up when they are needed and kept for an hour. What cannot be looked up again stays as it was. */
export class Directory {
  readonly #users: Cache<readonly BootstrapServer[]>
  readonly #servers: Cache<readonly string[]>

  /** @param onFailure told when a lookup fails. */
  constructor(discovery: Discovery, now: () => Timestamp, onFailure: (key: PublicKey, error: unknown) => void) {
    this.#users = new Cache((key, signal) => discovery.lookupUser(key, signal), now, onFailure)
    this.#servers = new Cache((key, signal) => discovery.lookupServer(key, signal), now, onFailure)
  }

  /** What is known of a person's servers. */
  user(person: PublicKey): readonly BootstrapServer[] | undefined {
    return this.#users.known(person)
  }

  /** What is known of a server's URLs. */
  server(server: PublicKey): readonly string[] | undefined {
    return this.#servers.known(server)
  }

  /** A server's URLs, looked up when they are not fresh. */
  async urlsOf(server: PublicKey, signal: AbortSignal): Promise<readonly string[]> {
    await this.#servers.refresh([server], signal)
    return this.#servers.known(server) ?? []
  }

  /** Looks up what is not fresh of these people, and of their servers of a role. @throws the signal's reason when it aborts. */
  async prepare(people: readonly PublicKey[], roles: readonly ServerRole[], signal: AbortSignal): Promise<void> {
    await this.#users.refresh(people, signal)
    const servers = new KeyMap<true>()
    for (const person of people) {
      const listed = this.#users.known(person) ?? []
      for (const role of roles) for (const server of bootstrapServers({ type: "user", servers: listed }, role)) servers.set(server, true)
    }
    await this.#servers.refresh(servers.keys(), signal)
  }

  /** Looks up what is not fresh of these servers. */
  async prepareServers(servers: readonly PublicKey[], signal: AbortSignal): Promise<void> {
    await this.#servers.refresh(servers, signal)
  }

  /** Has somebody looked up anew the next time: their servers do not answer, or they are known to have moved. */
  forgetUser(person: PublicKey): void {
    this.#users.outdate(person)
  }
}

interface Entry<Value> {
  readonly value: Value | undefined
  readonly staleAt: Timestamp | bigint
}

class Cache<Value> {
  readonly #lookup: (key: PublicKey, signal: AbortSignal) => Promise<Value | undefined>
  readonly #now: () => Timestamp
  readonly #onFailure: (key: PublicKey, error: unknown) => void
  readonly #entries = new Map<string, Entry<Value>>()

  constructor(
    lookup: (key: PublicKey, signal: AbortSignal) => Promise<Value | undefined>,
    now: () => Timestamp,
    onFailure: (key: PublicKey, error: unknown) => void,
  ) {
    this.#lookup = lookup
    this.#now = now
    this.#onFailure = onFailure
  }

  known(key: PublicKey): Value | undefined {
    return this.#entries.get(toHex(key))?.value
  }

  outdate(key: PublicKey): void {
    const entry = this.#entries.get(toHex(key))
    if (entry !== undefined) this.#entries.set(toHex(key), { ...entry, staleAt: 0n })
  }

  async refresh(keys: readonly PublicKey[], signal: AbortSignal): Promise<void> {
    const stale = keys.filter((key) => this.#isStale(key)).values()
    const work = async (): Promise<void> => {
      for (const key of stale) await this.#look(key, signal)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** A clock that was set back far makes it stale, too. */
  #isStale(key: PublicKey): boolean {
    const entry = this.#entries.get(toHex(key))
    const now = this.#now()
    return entry === undefined || entry.staleAt <= now || entry.staleAt > now + FRESH
  }

  async #look(key: PublicKey, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const known = this.known(key)
    let found: Value | undefined
    try {
      found = await this.#lookup(key, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#onFailure(key, error)
    }
    this.#set(toHex(key), { value: found ?? known, staleAt: this.#now() + (found === undefined ? RETRY : FRESH) })
  }

  #set(key: string, entry: Entry<Value>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= KEPT) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }
}
