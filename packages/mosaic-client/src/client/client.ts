import { type PublicKey, type SecretKey, type Timestamp, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import { type Sleep, realSleep } from "../connection/sleep.ts"
import { type DeliverOptions, type Delivered, deliver } from "../pool/deliver.ts"
import type { Dialer } from "../pool/dialer.ts"
import { type FollowOptions, type Following, follow } from "../pool/follow.ts"
import { Pool, type PoolEvent, type PoolOptions } from "../pool/pool.ts"
import { type ReadItem, type ReadStoredOptions, allAsked, readStored } from "../pool/read.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import { type PublishPlan, type PublishWish, peopleConcerned, planPublishing } from "../routing/plan-publishing.ts"
import { type AuthorsWish, type ReadPlan, type TaggedWish, planReading, planReadingTagged } from "../routing/plan-reading.ts"
import type { ServerReport } from "../watching/report.ts"
import { Watcher } from "../watching/watcher.ts"
import { Directory } from "./directory.ts"
import type { Discovery } from "./discovery.ts"

/** What a client needs. */
export interface ClientOptions {
  readonly discovery: Discovery
  /** The transports that there are. */
  readonly dialers: readonly Dialer[]
  /** Who reads and publishes; without one everything is anonymous. The master key or an active signing subkey of `person`. */
  readonly identity?: SecretKey
  /** The person whose identity this is, where a subkey is used; the public key of `identity` when not given. */
  readonly person?: PublicKey
  /** Told of each report about a server, new or renewed. */
  readonly onReport?: (report: ServerReport) => void
  /** Told of what happens to connections. */
  readonly onPoolEvent?: (event: PoolEvent) => void
  /** Told when a bootstrap cannot be looked up. */
  readonly onLookupFailure?: (key: PublicKey, error: unknown) => void
  /** See {@link PoolOptions}. */
  readonly pool?: Pick<PoolOptions, "maxConnections" | "idleMs" | "waitMs" | "connect">
  /** See the watcher's options. */
  readonly graceMs?: number
  /** The clock; the system's when not given. */
  readonly now?: () => Timestamp
  /** At least 0, less than 1; the system's randomness when not given. */
  readonly random?: () => number
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** How stored records are read. */
export type ClientReadOptions = Pick<ReadStoredOptions, "limit" | "patienceMs" | "signal">

/** How people are followed. */
export type ClientFollowOptions = Pick<FollowOptions, "signal" | "resume" | "onState" | "patienceMs">

/** What became of a record that was published. */
export interface Published extends Pick<PublishPlan, "undeliverable" | "unknownParent"> {
  readonly delivered: readonly Delivered[]
}

/**
 * Reads people where they publish, brings records to where people receive, and watches the servers: discovery, routing, pool and watching put together. Each of
 * them can be used without this.
 */
export class MosaicClient implements AsyncDisposable {
  readonly pool: Pool
  readonly watcher: Watcher
  readonly directory: Directory
  readonly #person: PublicKey | undefined
  readonly #now: () => Timestamp
  readonly #random: () => number
  readonly #sleep: Sleep
  readonly #facts: RoutingFacts

  constructor(options: ClientOptions) {
    const { discovery, dialers, identity, onReport, onPoolEvent, onLookupFailure = () => {}, graceMs } = options
    this.#person = options.person ?? (identity === undefined ? undefined : publicKeyOf(identity))
    this.#now = options.now ?? (() => timestampFromUnixMillis(Date.now()))
    this.#random = options.random ?? Math.random
    this.#sleep = options.sleep ?? realSleep
    this.directory = new Directory(discovery, this.#now, onLookupFailure)
    this.watcher = new Watcher({
      now: this.#now,
      ...(this.#person === undefined ? {} : { identity: this.#person }),
      ...(onReport === undefined ? {} : { onReport }),
      ...(graceMs === undefined ? {} : { graceMs }),
    })
    this.pool = new Pool({
      ...options.pool,
      dialers,
      urlsOf: (server, signal) => this.directory.urlsOf(server, signal),
      ...(identity === undefined ? {} : { identity }),
      now: this.#now,
      random: this.#random,
      sleep: this.#sleep,
      onEvent: (event) => {
        this.watcher.pooled(event)
        onPoolEvent?.(event)
      },
    })
    this.#facts = {
      servers: (person) => this.directory.user(person),
      urls: (server) => this.directory.server(server),
      canDial: (url) => this.pool.canDial(url),
      health: (server) => this.watcher.health(server),
    }
  }

  /** What was noticed of servers, the last first. */
  get reports(): readonly ServerReport[] {
    return this.watcher.reports
  }

  /** Where people are to be read, by what is known now; bootstraps that are older than an hour are looked up first. */
  async planReading(wish: AuthorsWish, signal: AbortSignal = new AbortController().signal): Promise<ReadPlan> {
    await this.directory.prepare(wish.authors, ["outbox"], signal)
    return planReading(wish, this.#facts)
  }

  /** Where what tags somebody is to be read. */
  async planReadingTagged(wish: TaggedWish, signal: AbortSignal = new AbortController().signal): Promise<ReadPlan> {
    await this.directory.prepare([wish.person], [wish.role], signal)
    return planReadingTagged(wish, this.#facts)
  }

  /** Reads what people have published, newest first, each record once. Servers that fail are items. */
  async *read(wish: AuthorsWish, options: ClientReadOptions = {}): AsyncGenerator<ReadItem, void, void> {
    yield* this.#read(await this.planReading(wish, options.signal), options)
  }

  /** Reads what tags the person whose client this is: at their inboxes, or what is for them alone. @throws {TypeError} without an identity. */
  async *readTagged(
    role: TaggedWish["role"],
    wish: Omit<TaggedWish, "person" | "role"> = {},
    options: ClientReadOptions = {},
  ): AsyncGenerator<ReadItem, void, void> {
    yield* this.#read(await this.planReadingTagged({ ...wish, person: this.#requirePerson(), role }, options.signal), options)
  }

  /** Reads as a plan says and goes on with what is new, until the signal aborts. Plan anew every hour: people move. */
  follow({ reads }: ReadPlan, options: ClientFollowOptions): Following {
    const observers = [this.watcher.watch(allAsked(reads))]
    return follow(this.pool, reads, { ...options, observers, sleep: this.#sleep, random: this.#random, now: this.#now })
  }

  /** Brings a record to all servers that it belongs to, and says what became of it at each. */
  async publish(wish: PublishWish, options: DeliverOptions = {}): Promise<Published> {
    const { signal = new AbortController().signal } = options
    const { record } = wish
    await this.directory.prepare(peopleConcerned(wish), ["outbox", "inbox", "encryption"], signal)
    await this.directory.prepareServers(wish.chatServers ?? [], signal)
    const { deliveries, ...rest } = planPublishing(wish, this.#facts)
    const onDelivered = (delivered: Delivered): void => {
      this.watcher.delivered(record, delivered)
      options.onDelivered?.(delivered)
    }
    return { delivered: await deliver(this.pool, deliveries, record, { ...options, onDelivered }), ...rest }
  }

  /** Looks into what servers are suspected of, once it is time ({@link Watcher.confirmAt}); to be called every few minutes. */
  async confirm(signal: AbortSignal): Promise<void> {
    await this.watcher.confirm(this.pool, signal)
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
  }

  async *#read({ reads }: ReadPlan, options: ClientReadOptions): AsyncGenerator<ReadItem, void, void> {
    const observers = [this.watcher.watch(allAsked(reads))]
    const clock = (): number => Number(this.#now() / 1_000_000n)
    yield* readStored(this.pool, reads, { ...options, observers, clock, sleep: this.#sleep })
  }

  #requirePerson(): PublicKey {
    if (this.#person === undefined) throw new TypeError("identity: needed to read what is for oneself")
    return this.#person
  }
}
