import {
  type ByteChannel,
  type Granted,
  type PublicKey,
  RESULT,
  type ResultCode,
  type Timestamp,
  type VerifiedRecord,
  grantHello,
  toHex,
} from "@tessera/mosaic"
import { Acceptance } from "./acceptance.ts"
import type { BlobStore } from "./blobs/port.ts"
import { Connection } from "./connection/connection.ts"
import { MemoryBudget } from "./connection/memory-budget.ts"
import { type Sleep, realSleep } from "./connection/sleep.ts"
import type { DhtService } from "./discovery/dht-service.ts"
import { FairWork } from "./discovery/fair-work.ts"
import type { ServerEvent } from "./event.ts"
import { DEFAULT_LIMITS, type Limits } from "./limits.ts"
import type { Policy, PolicyChange, SubmissionOutcome } from "./policy/policy.ts"
import { Visibility } from "./policy/visibility.ts"
import { KeyScheduleDirectory } from "./schedules/directory.ts"
import { Withdrawals } from "./schedules/withdrawals.ts"
import type { RecordStore } from "./store/port.ts"
import { FanOut } from "./subscriptions/fan-out.ts"

/** Core, Social Media and Tessera's own. */
const APPLICATIONS: readonly number[] = [0, 1, 0x7006_8b0c]

/** How long the feed of new records waits after the store failed it, in milliseconds. */
const FEED_RETRY_MS = 1_000
const TIDY_MS = 3_600_000

/** What a server is made of. */
export interface ServerOptions {
  /** Not closed by the server. What others put into it reaches subscribers as well. */
  readonly store: RecordStore
  /** Where blobs are kept; not closed by the server. Without one the messages of blobs are not recognized. */
  readonly blobs?: BlobStore
  /** Whose server this is, as transports prove it. */
  readonly serverKey: PublicKey
  readonly policy: Policy
  /** The clock, which may jump. */
  readonly now: () => Timestamp
  /** Application ids that Hello Ack may grant; Core, Social Media and Tessera's own when not given. */
  readonly applications?: readonly number[]
  readonly limits?: Partial<Limits>
  /** The DHT, for peers' lookups and members' bootstraps; without it both get `PERSISTENT_ERROR`. */
  readonly dht?: DhtService
  /** Told of what happens, for logs and figures. */
  readonly onEvent?: (event: ServerEvent) => void
  /** For simulations: waits in place of real time. */
  readonly sleep?: Sleep
}

/** How much a server has to do now. */
export interface ServerStats {
  readonly connections: number
  readonly subscriptions: number
  /** Bytes that wait to be written to peers. */
  readonly pendingBytes: number
  /** Bytes that peers make the server hold: these, half messages, submissions that wait for the disk, filters of open queries. */
  readonly heldBytes: number
}

/** A Mosaic server: transports bring it connections, its owner may hand it records. Ends when it is closed or disposed of. */
export interface MosaicServer extends AsyncDisposable {
  readonly serverKey: PublicKey
  /** Serves a connected peer. Resolves when the connection has ended, whoever ended it; never rejects. */
  serve(channel: ByteChannel): Promise<void>
  /** What is granted of a Hello that came in headers. */
  grant(hello: { readonly version: number; readonly applications: readonly number[] }): Granted
  /** The owner's own way in: as a submission, without policy. */
  submit(record: VerifiedRecord): Promise<SubmissionOutcome>
  /** Says Closing to all, `SHUTTING_DOWN` when no code is given, and takes nobody any more. Resolves when all connections have ended. */
  close(options?: { readonly code?: ResultCode }): Promise<void>
  /** How much there is to do now. */
  stats(): ServerStats
}

/** Makes a Mosaic server over a record store. Transports bring it connections. */
export function createServer(options: ServerOptions): MosaicServer {
  return new Server(options)
}

class Server implements MosaicServer {
  readonly serverKey: PublicKey
  readonly #options: ServerOptions
  readonly #limits: Limits
  readonly #budget: MemoryBudget
  readonly #sleep: Sleep
  readonly #dhtWork: FairWork
  readonly #directory: KeyScheduleDirectory
  readonly #visibility: Visibility
  readonly #fanOut: FanOut
  readonly #acceptance: Acceptance
  readonly #applications: ReadonlySet<number>
  readonly #connections = new Map<Connection, Promise<void>>()
  readonly #stop = new AbortController()
  readonly #feed: Promise<void>
  readonly #tidying: Promise<void>
  readonly #withdrawals: Withdrawals
  readonly #withdrawing: Promise<void>
  readonly #changes: Disposable | undefined
  readonly #ready: Promise<void>
  #lastId = 0

  constructor(options: ServerOptions) {
    const { store, policy, now } = options
    this.serverKey = options.serverKey
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#budget = new MemoryBudget(this.#limits.heldBytes)
    this.#sleep = options.sleep ?? realSleep
    this.#dhtWork = new FairWork({ running: this.#limits.dhtRunning, waiting: this.#limits.dhtWaiting })
    this.#applications = new Set(options.applications ?? APPLICATIONS)
    this.#directory = new KeyScheduleDirectory(store)
    this.#visibility = new Visibility(this.#directory, policy)
    this.#fanOut = new FanOut(this.#visibility)
    const onFailure = (doing: string, error: unknown): void => this.#emit({ type: "failed", doing, error })
    this.#withdrawals = new Withdrawals({ store, directory: this.#directory, sleep: this.#sleep, onFailure })
    this.#acceptance = new Acceptance({ store, policy, directory: this.#directory, fanOut: this.#fanOut, now, onFailure })
    const started = Promise.withResolvers<void>()
    this.#ready = started.promise
    this.#feed = this.#follow(started.resolve)
    this.#tidying = this.#tidy()
    this.#withdrawing = this.#withdrawals.run(this.#stop.signal)
    this.#changes = policy.onChange?.((change) => this.#followChange(change))
  }

  async serve(channel: ByteChannel): Promise<void> {
    await Promise.race([this.#ready, this.#feed])
    if (this.#stop.signal.aborted) {
      await channel.close().catch(() => {})
      return
    }
    this.#lastId += 1
    const connection = new Connection({
      channel,
      id: this.#lastId,
      parts: {
        store: this.#options.store,
        blobs: this.#options.blobs,
        acceptance: this.#acceptance,
        policy: this.#options.policy,
        directory: this.#directory,
        visibility: this.#visibility,
        fanOut: this.#fanOut,
        limits: this.#limits,
        budget: this.#budget,
        dht: this.#options.dht,
        dhtWork: this.#dhtWork,
        onEvent: (event) => this.#emit(event),
      },
      applications: this.#applications,
      serverKey: this.serverKey,
      now: this.#options.now,
      sleep: this.#sleep,
    })
    const running = connection.run().finally(() => this.#connections.delete(connection))
    this.#connections.set(connection, running)
    await running
  }

  grant(hello: { readonly version: number; readonly applications: readonly number[] }): Granted {
    return grantHello({ applications: this.#applications }, hello)
  }

  async submit(record: VerifiedRecord): Promise<SubmissionOutcome> {
    const verdict = await this.#acceptance.judge(record, "owner")
    return verdict.ok ? this.#acceptance.take(record) : verdict
  }

  async close({ code = RESULT.SHUTTING_DOWN }: { readonly code?: ResultCode } = {}): Promise<void> {
    this.#stop.abort()
    this.#changes?.[Symbol.dispose]()
    await Promise.all([...this.#connections.keys()].map((connection) => connection.close(code, "the server is closing")))
    await Promise.all(this.#connections.values())
    await Promise.all([this.#feed, this.#tidying, this.#withdrawing])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): ServerStats {
    const pendingBytes = [...this.#connections.keys()].reduce((sum, connection) => sum + connection.pendingBytes, 0)
    return { connections: this.#connections.size, subscriptions: this.#fanOut.size, pendingBytes, heldBytes: this.#budget.held }
  }

  /** Brings what the store takes in to the subscribers, for as long as the server lives. */
  async #follow(onStarted: () => void): Promise<void> {
    const { store } = this.#options
    const { signal } = this.#stop
    let isStarted = false
    while (!signal.aborted) {
      try {
        if (!isStarted) this.#fanOut.startAfter(await store.lastSequence())
        isStarted = true
        onStarted()
        for await (const stored of store.changes(this.#fanOut.position, { signal })) {
          this.#directory.learn(stored.record)
          this.#withdrawals.learn(stored.record)
          await this.#fanOut.deliver(stored)
        }
        // The store was closed: nothing new will come.
        return
      } catch (error) {
        if (signal.aborted) return
        this.#emit({ type: "failed", doing: "following the store", error })
        await this.#sleep(FEED_RETRY_MS, signal).catch(() => {})
      }
    }
  }

  /** Who is served less than before learns it at once. */
  #followChange(change: PolicyChange): void {
    const removed = change.type === "removed" ? new Set(change.members.map(toHex)) : undefined
    for (const connection of this.#connections.keys()) {
      if (removed === undefined) void connection.askWelcome()
      else void connection.endPrivate(removed)
    }
  }

  /** Lets the policy throw out what did not stand its trial. */
  async #tidy(): Promise<void> {
    const { store, policy, now } = this.#options
    while (policy.tidy !== undefined && !this.#stop.signal.aborted) {
      try {
        await policy.tidy(store, now(), this.#stop.signal)
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#emit({ type: "failed", doing: "tidying", error })
      }
      await this.#sleep(TIDY_MS, this.#stop.signal).catch(() => {})
    }
  }

  /** A listener that throws must not take a connection with it. */
  #emit(event: ServerEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // There is nowhere to tell it: the listener is where such things are told.
    }
  }
}
