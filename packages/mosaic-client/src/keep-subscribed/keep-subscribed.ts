import type { ByteChannel, Filter, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { connect } from "../connection/connection.ts"
import type { ConnectOptions, MosaicConnection } from "../connection/mosaic-connection.ts"
import { type Sleep, withDeadline } from "../connection/sleep.ts"
import { ConnectionClosedError } from "../errors.ts"
import type { ClientLimits } from "../limits.ts"
import { Backoff } from "./backoff.ts"
import { watchLiveness } from "./liveness.ts"
import { Progress, laterOf } from "./progress.ts"
import type { ResumePoint } from "./resume-point.ts"

const DIAL_MS = 30_000
/** Whoever works through a long history may take their time: nothing else goes over this connection. */
const STALL_MS = 600_000

/** How it stands with a subscription that is kept. */
export type KeptState =
  | { readonly state: "connecting" }
  /** Connected; what is stored comes. */
  | { readonly state: "catchingUp" }
  /** All that is stored has come; what is new comes at once. */
  | { readonly state: "live" }
  /** The connection failed; the next attempt is in so many milliseconds. */
  | { readonly state: "waiting"; readonly milliseconds: number; readonly reason: string }

/** A connection that is somebody else's; disposing gives it back. */
export interface LentConnection extends AsyncDisposable {
  readonly connection: MosaicConnection
}

/** What a kept subscription brings. */
export type KeptItem =
  | { readonly record: VerifiedRecord; readonly resume: ResumePoint }
  | { readonly caughtUp: true; readonly resume: ResumePoint }

/** What to keep subscribed to, and how to reach it. */
export interface KeepSubscribedOptions {
  /** Makes a new channel to the same server each time. Its connection is the subscription's own. */
  readonly dial?: (signal: AbortSignal) => Promise<ByteChannel>
  /** In place of `dial`: lends a connection to the same server each time, which others may use as well (a pool's lease). */
  readonly open?: (signal: AbortSignal) => Promise<LentConnection>
  readonly filter: Filter
  /** Where an earlier subscription with the same filter and server has come to. */
  readonly resume?: ResumePoint
  readonly sleep: Sleep
  /** At least 0, less than 1. */
  readonly random: () => number
  /** The clock, which may jump. */
  readonly now: () => Timestamp
  /** Ends it. */
  readonly signal: AbortSignal
  /** Told when the connection comes and goes. */
  readonly onState?: (state: KeptState) => void
  /** Told of what servers should not have sent. */
  readonly onMisbehaviour?: ConnectOptions["onMisbehaviour"]
  readonly applications?: readonly number[]
  readonly limits?: Partial<ClientLimits>
}

/**
 * Stays subscribed for ever: connects, catches up, brings what is new, and when the connection fails begins again where it was, without gaps.
 *
 * A record comes once, unless more than 65,536 others came in between or a new process resumes: then some may come again, and the consumer's
 * store refuses them. `resume` of an item is right as soon as the item is dealt with. Ends, without an error, when `signal` aborts.
 *
 * @throws {TypeError} when `resume` is no resume point, or there is neither `dial` nor `open`.
 */
export async function* keepSubscribed(options: KeepSubscribedOptions): AsyncGenerator<KeptItem, void, void> {
  const { sleep, random, now, signal, onState } = options
  if (options.dial === undefined && options.open === undefined) throw new TypeError("dial or open is needed")
  const progress = new Progress(options.resume, now)
  const backoff = new Backoff(random)
  while (!signal.aborted) {
    const attempt = new Attempt(options, progress)
    let reason = "the server ended the subscription"
    try {
      yield* attempt.run()
    } catch (error) {
      reason = error instanceof Error ? error.message : "the connection broke"
    }
    if (isAborted(signal)) return
    const milliseconds = backoff.next(attempt.livedMs)
    onState?.({ state: "waiting", milliseconds, reason })
    await sleep(milliseconds, signal).catch(() => {})
  }
}

/** One connection of a subscription that is kept. */
class Attempt {
  readonly #options: KeepSubscribedOptions
  readonly #progress: Progress
  #liveSince: Timestamp | undefined
  /** Whether the connection is waited for; not, while the consumer works on what it brought. */
  #isWaiting = true

  constructor(options: KeepSubscribedOptions, progress: Progress) {
    this.#options = options
    this.#progress = progress
  }

  /** How long it was live, in milliseconds, as far as the clock can be believed. */
  get livedMs(): number {
    return this.#liveSince === undefined ? 0 : Number((this.#options.now() - this.#liveSince) / 1_000_000n)
  }

  async *run(): AsyncGenerator<KeptItem, void, void> {
    const { signal, sleep, onState } = this.#options
    onState?.({ state: "connecting" })
    await using lent = await this.#open()
    const { connection } = lent
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    const watching = watchLiveness(connection, () => this.#isWaiting, sleep, either)
    void watching.then(() => ended.abort(new ConnectionClosedError("the server does not answer any more")))
    try {
      onState?.({ state: "catchingUp" })
      for (const since of this.#progress.windows()) {
        yield* this.#follow(connection, since, either)
      }
    } finally {
      ended.abort()
    }
  }

  /** Follows a subscription; returns only when it did not reach back to the anchor. */
  async *#follow(connection: MosaicConnection, since: Timestamp | undefined, signal: AbortSignal): AsyncGenerator<KeptItem, void, void> {
    const { filter, now, onState } = this.#options
    const progress = this.#progress
    const receivedSince = laterOf(filter.receivedSince, since)
    const asked = receivedSince === undefined ? filter : { ...filter, receivedSince }
    let isLive = false
    progress.begin(since)
    for await (const item of connection.subscribe(asked, { signal })) {
      this.#isWaiting = false
      if ("complete" in item) {
        if (!progress.reachesBack) return
        isLive = true
        progress.caughtUp()
        this.#liveSince ??= now()
        onState?.({ state: "live" })
        yield { caughtUp: true, resume: progress.resume }
      } else {
        const isNew = isLive ? progress.live(item.record) : progress.stored(item.record)
        if (isNew) yield { record: item.record, resume: progress.resume }
      }
      this.#isWaiting = true
    }
    throw new ConnectionClosedError("the server ended the subscription")
  }

  async #open(): Promise<LentConnection> {
    const { open, dial, signal } = this.#options
    if (open !== undefined) return open(signal)
    if (dial === undefined) throw new TypeError("dial or open is needed")
    const connection = await this.#connect(dial)
    return { connection, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() }
  }

  async #connect(dial: NonNullable<KeepSubscribedOptions["dial"]>): Promise<MosaicConnection> {
    const { signal, sleep, applications, limits, onMisbehaviour } = this.#options
    const attempt = new AbortController()
    const dialled = dial(AbortSignal.any([signal, attempt.signal]))
    const late = (): Error => new ConnectionClosedError("the server cannot be reached: it does not answer")
    let channel: ByteChannel
    try {
      channel = await withDeadline(dialled, DIAL_MS, sleep, late)
    } catch (error) {
      attempt.abort(error)
      // A dial that succeeds all the same must not leave a connection behind.
      dialled.then((unwanted) => unwanted.close()).catch(() => {})
      throw error
    }
    const connectOptions: ConnectOptions = {
      signal,
      sleep,
      limits: { stallMs: STALL_MS, ...limits },
      ...(applications === undefined ? {} : { applications }),
      ...(onMisbehaviour === undefined ? {} : { onMisbehaviour }),
    }
    return connect(channel, connectOptions)
  }
}

/** Asked again after waiting: the compiler takes what it saw before for granted. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted
