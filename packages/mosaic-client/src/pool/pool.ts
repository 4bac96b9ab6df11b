import { type PublicKey, type SecretKey, type Timestamp, toHex } from "@tessera/mosaic"
import type { ConnectOptions, ConnectionEnd, Misbehaviour, MosaicConnection } from "../connection/mosaic-connection.ts"
import { type Sleep, realSleep, withDeadline } from "../connection/sleep.ts"
import { ConnectionClosedError } from "../errors.ts"
import type { Dialer } from "./dialer.ts"
import { PoolFullError, RestingError } from "./errors.ts"
import { reach } from "./reach.ts"
import { Rest } from "./rest.ts"

const CONNECTIONS = 64
const IDLE_MS = 60_000
const WAIT_MS = 10_000
const MILLISECOND = 1_000_000n

/** What a pool needs and how much it holds. */
export interface PoolOptions {
  /** The first that accepts a URL dials it. */
  readonly dialers: readonly Dialer[]
  /** The URLs of a server, in its order of preference; empty when none is known. */
  readonly urlsOf: (server: PublicKey, signal: AbortSignal) => readonly string[] | Promise<readonly string[]>
  /** What is proved where a server must know who asks. */
  readonly identity?: SecretKey
  /** The clock; leaving servers alone for a while goes by it. */
  readonly now: () => Timestamp
  /** At least 0, less than 1. */
  readonly random: () => number
  /** Open connections at the same time; 64 when not given. */
  readonly maxConnections?: number
  /** How long a connection that nobody uses stays open, in milliseconds; a minute when not given. */
  readonly idleMs?: number
  /** How long somebody waits for a connection to become free when all are in use, in milliseconds; 10 seconds when not given. */
  readonly waitMs?: number
  readonly connect?: Omit<ConnectOptions, "signal" | "sleep" | "onMisbehaviour">
  /** Told of what happens to connections. */
  readonly onEvent?: (event: PoolEvent) => void
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** What happens to the connections of a pool. */
export type PoolEvent = { readonly server: PublicKey } & (
  | { readonly type: "connected"; readonly url: string; readonly milliseconds: number }
  /** None of its URLs worked; `error` is an `UnreachableError`. */
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "misbehaved"; readonly fault: Misbehaviour; readonly what: string }
  /** The connection ended, and not by us. */
  | { readonly type: "ended"; readonly end: ConnectionEnd }
)

/** How a connection is needed. */
export interface LeaseOptions {
  /** Proves the pool's identity. Connections with and without it are not the same: strangers' servers need not know who reads. */
  readonly asSelf?: boolean
  readonly signal?: AbortSignal
}

/** A connection that is lent: disposing of the lease gives it back. */
export interface Lease extends AsyncDisposable {
  readonly connection: MosaicConnection
}

/**
 * Connections to servers, one to each (one more where one's identity is proved), opened when somebody needs them and closed when nobody does.
 * A server is known by its key, and whoever cannot prove it is not talked to, at whatever URL.
 */
export class Pool implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #sleep: Sleep
  readonly #slots = new Map<string, Slot>()
  readonly #waiting: (() => void)[] = []
  readonly #rest: Rest
  readonly #stop = new AbortController()

  /** @throws {RangeError} when `maxConnections` is below 1. */
  constructor(options: PoolOptions) {
    if ((options.maxConnections ?? CONNECTIONS) < 1) throw new RangeError(`maxConnections: ${options.maxConnections}`)
    this.#options = options
    this.#sleep = options.sleep ?? realSleep
    this.#rest = new Rest(options.now, options.random)
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#slots.size
  }

  /** What dials a URL; for planning. */
  canDial(url: string): boolean {
    return this.#options.dialers.some((dialer) => dialer.accepts(url))
  }

  /**
   * Lends the connection to a server, and opens it when there is none.
   *
   * @throws {UnreachableError} when none of its URLs works.
   * @throws {RestingError} when it failed a short time ago.
   * @throws {PoolFullError} when all connections are in use and none becomes free in time.
   * @throws the signal's reason when it aborts first.
   */
  async lease(server: PublicKey, { asSelf = false, signal }: LeaseOptions = {}): Promise<Lease> {
    const key = `${toHex(server)}${asSelf ? " as self" : ""}`
    const both = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    for (;;) {
      both.throwIfAborted()
      const slot = this.#slots.get(key) ?? (await this.#open(key, server, asSelf, both))
      if (slot === undefined) continue
      slot.users += 1
      slot.stopIdling()
      try {
        const connection = await orAborted(slot.connecting, both)
        return this.#lend(slot, connection)
      } catch (error) {
        this.#giveBack(slot)
        throw error
      }
    }
  }

  /** Closes all connections, those in use too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new ConnectionClosedError("the pool was closed"))
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.all(Array.from(this.#slots.values(), (slot) => this.#close(slot)))
  }

  /** A slot for a connection that is being opened; undefined when things have changed while waiting for room. */
  async #open(key: string, server: PublicKey, asSelf: boolean, signal: AbortSignal): Promise<Slot | undefined> {
    const resting = this.#rest.left(server)
    if (resting > 0) throw new RestingError(resting)
    if (!this.#makeRoom()) {
      await this.#room(signal)
      return undefined
    }
    const slot = new Slot(key, server, this.#connect(server, asSelf))
    this.#slots.set(key, slot)
    void this.#watch(slot)
    return slot
  }

  async #connect(server: PublicKey, asSelf: boolean): Promise<MosaicConnection> {
    const { urlsOf, dialers, identity, now } = this.#options
    const started = now()
    const onMisbehaviour = (what: string, fault: Misbehaviour): void => this.#emit({ type: "misbehaved", server, fault, what })
    const { signal } = this.#stop
    try {
      const urls = await orAborted(Promise.resolve(urlsOf(server, signal)), signal)
      const clientKey = asSelf ? identity : undefined
      const options = {
        server,
        urls,
        dialers,
        clientKey,
        connect: { ...this.#options.connect, onMisbehaviour },
        sleep: this.#sleep,
        signal,
      }
      const { connection, url } = await reach(options)
      this.#emit({ type: "connected", server, url, milliseconds: Number((now() - started) / MILLISECOND) })
      return connection
    } catch (error) {
      if (!signal.aborted) {
        this.#rest.failed(server, 0)
        this.#emit({ type: "failed", server, error })
      }
      throw error
    }
  }

  /** Takes a connection off the list when it ends. */
  async #watch(slot: Slot): Promise<void> {
    const { now } = this.#options
    try {
      const connection = await slot.connecting
      const since = now()
      const end = await connection.closed
      if (!slot.isClosing) {
        this.#rest.failed(slot.server, Number((now() - since) / MILLISECOND))
        this.#emit({ type: "ended", server: slot.server, end })
      }
    } catch {
      // Whoever waits for the connection is told.
    }
    this.#drop(slot)
  }

  #lend(slot: Slot, connection: MosaicConnection): Lease {
    let isLent = true
    const giveBack = (): void => {
      if (isLent) this.#giveBack(slot)
      isLent = false
    }
    return { connection, [Symbol.asyncDispose]: async () => giveBack() }
  }

  #giveBack(slot: Slot): void {
    slot.users -= 1
    if (slot.users > 0 || this.#slots.get(slot.key) !== slot) return
    if (this.#waiting.length > 0) {
      void this.#close(slot)
      return
    }
    const { idleMs = IDLE_MS } = this.#options
    this.#sleep(idleMs, slot.startIdling()).then(
      () => this.#close(slot),
      () => {},
    )
    // The last that was used stands last: the first idle one is the one to close when room is needed.
    this.#slots.delete(slot.key)
    this.#slots.set(slot.key, slot)
  }

  #makeRoom(): boolean {
    const { maxConnections = CONNECTIONS } = this.#options
    if (this.#slots.size < maxConnections) return true
    for (const slot of this.#slots.values()) {
      if (slot.users > 0) continue
      void this.#close(slot)
      return true
    }
    return false
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { waitMs = WAIT_MS } = this.#options
    const free = Promise.withResolvers<void>()
    this.#waiting.push(free.resolve)
    try {
      const late = (): Error => new PoolFullError("all connections are in use")
      await withDeadline(orAborted(free.promise, signal), waitMs, this.#sleep, late)
    } finally {
      const place = this.#waiting.indexOf(free.resolve)
      if (place >= 0) this.#waiting.splice(place, 1)
    }
  }

  #drop(slot: Slot): void {
    slot.isClosing = true
    if (this.#slots.get(slot.key) !== slot) return
    this.#slots.delete(slot.key)
    this.#waiting.shift()?.()
  }

  async #close(slot: Slot): Promise<void> {
    slot.stopIdling()
    this.#drop(slot)
    try {
      const connection = await slot.connecting
      await connection[Symbol.asyncDispose]()
    } catch {
      // It was never opened.
    }
  }

  /** A listener that throws must not take a connection with it. */
  #emit(event: PoolEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // There is nowhere to tell it: the listener is where such things are told.
    }
  }
}

/** One connection of the pool. */
class Slot {
  readonly key: string
  readonly server: PublicKey
  readonly connecting: Promise<MosaicConnection>
  users = 0
  /** We end it ourselves. */
  isClosing = false
  #idling: AbortController | undefined

  constructor(key: string, server: PublicKey, connecting: Promise<MosaicConnection>) {
    this.key = key
    this.server = server
    this.connecting = connecting
    connecting.catch(() => {})
  }

  startIdling(): AbortSignal {
    this.#idling = new AbortController()
    return this.#idling.signal
  }

  stopIdling(): void {
    this.#idling?.abort()
    this.#idling = undefined
  }
}

async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener("abort", abort)
  }
}
