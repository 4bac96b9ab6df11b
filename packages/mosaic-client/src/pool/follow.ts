import { type PublicKey, type VerifiedRecord, encodeFilter, prehash, toHex } from "@tessera/mosaic"
import { type KeepSubscribedOptions, type KeptItem, type KeptState, keepSubscribed } from "../keep-subscribed/keep-subscribed.ts"
import type { ResumePoint } from "../keep-subscribed/resume-point.ts"
import type { ServerRead } from "../routing/plan-reading.ts"
import { type Brought, type MergeOptions, mergeNewestFirst } from "./merge.ts"
import type { Pool } from "./pool.ts"
import { type Asked, type ReadObserver, allAsked, tell } from "./read.ts"

/** How following goes. */
export interface FollowOptions
  extends
    Pick<KeepSubscribedOptions, "sleep" | "random" | "now" | "signal">,
    Pick<MergeOptions<Asked>, "patienceMs" | "bufferedRecords" | "bufferedBytes"> {
  /** Where an earlier one with the same plan has come to. What was planned anew begins from the start. */
  readonly resume?: FollowPoint
  readonly observers?: readonly ReadObserver[]
  /** Told when the connection to a server comes and goes. */
  readonly onState?: (server: PublicKey, state: KeptState) => void
}

/** Up to where each subscription of a plan has brought everything: a small plain value, by server and filter. To be kept as JSON. */
export interface FollowPoint {
  readonly version: 1
  readonly points: Readonly<Record<string, ResumePoint>>
}

/** What following brings. */
export type FollowItem =
  | { readonly record: VerifiedRecord; readonly from: PublicKey }
  /** All that is stored has come, except from servers that do not answer. */
  | { readonly complete: true }

/** What {@link follow} gives: to be iterated once. */
export interface Following extends AsyncIterable<FollowItem> {
  /** Where it has come to: every item before the one that was given last is dealt with. */
  readonly point: FollowPoint
}

/**
 * Reads as a plan says and goes on until `signal` aborts: what is stored, newest first over all servers, then what is new as it comes; each record once.
 * Servers that fail are tried again, without gaps.
 */
export function follow(pool: Pool, reads: readonly ServerRead[], options: FollowOptions): Following {
  const points = new Map(allAsked(reads).map((asked) => [asked, new Marks(asked, options.resume)]))
  return {
    get point(): FollowPoint {
      const reached = Array.from(points.values()).flatMap(({ key, reached: at }) => (at === undefined ? [] : [[key, at] as const]))
      return { version: 1, points: Object.fromEntries(reached) }
    },
    [Symbol.asyncIterator]: () => run(pool, points, options),
  }
}

async function* run(pool: Pool, asked: ReadonlyMap<Asked, Marks>, options: FollowOptions): AsyncGenerator<FollowItem, void, void> {
  const { observers = [], resume: _resume, onState: _onState, random: _random, now: _now, ...mergeOptions } = options
  const sources = Array.from(asked, ([name, marks]) => ({ name, open: (signal: AbortSignal) => kept(pool, name, marks, options, signal) }))
  const onArrival = (name: Asked, record: VerifiedRecord): void => tell(observers, (observer) => observer.arrived?.(name, record))
  const onTaken = (name: Asked, _: VerifiedRecord, isStored: boolean): void => asked.get(name)?.taken(isStored)
  try {
    for await (const item of mergeNewestFirst(sources, { ...mergeOptions, onArrival, onTaken })) {
      if ("record" in item) yield { record: item.record, from: item.from.read.server }
      else if ("complete" in item) yield item
    }
  } catch (error) {
    if (!options.signal.aborted) throw error
  } finally {
    tell(observers, (observer) => observer.ended?.())
  }
}

async function* kept(
  pool: Pool,
  asked: Asked,
  marks: Marks,
  { sleep, random, now, onState, observers = [] }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Brought, void, void> {
  const { read, filter } = asked
  const items = keepSubscribed({
    open: (until) => pool.lease(read.server, { asSelf: read.asSelf, signal: until }),
    filter,
    ...(marks.reached === undefined ? {} : { resume: marks.reached }),
    sleep,
    random,
    now,
    signal,
    ...(onState === undefined ? {} : { onState: (state) => onState(read.server, state) }),
  })
  for await (const item of items) {
    marks.brought(item)
    if ("caughtUp" in item) tell(observers, (observer) => observer.caughtUp?.(asked))
    yield "record" in item ? { record: item.record } : { complete: true }
  }
}

/** How far one subscription has been dealt with, which is behind what it has brought. */
class Marks {
  readonly key: string
  reached: ResumePoint | undefined
  /** Resume points that hold once so many stored and new records are dealt with. */
  readonly #pending: { readonly after: Counts; readonly resume: ResumePoint }[] = []
  #brought: Counts = { stored: 0, live: 0 }
  #taken: Counts = { stored: 0, live: 0 }
  #isLive = false

  constructor({ read, filter }: Asked, resume: FollowPoint | undefined) {
    this.key = `${toHex(read.server)} ${toHex(prehash(encodeFilter(filter)).subarray(0, 16))}`
    this.reached = resume?.points[this.key]
  }

  brought({ resume, ...item }: KeptItem): void {
    if ("record" in item) this.#brought = oneMore(this.#brought, !this.#isLive)
    else this.#isLive = true
    const last = this.#pending.at(-1)?.resume ?? this.reached
    // While what is stored comes, nothing changes.
    if (last !== undefined && last.anchor?.id === resume.anchor?.id && last.anchor?.at === resume.anchor?.at) return
    this.#pending.push({ after: this.#brought, resume })
    this.#advance()
  }

  taken(isStored: boolean): void {
    this.#taken = oneMore(this.#taken, isStored)
    this.#advance()
  }

  #advance(): void {
    for (;;) {
      const [first] = this.#pending
      if (first === undefined || first.after.stored > this.#taken.stored || first.after.live > this.#taken.live) return
      this.reached = first.resume
      this.#pending.shift()
    }
  }
}

interface Counts {
  readonly stored: number
  readonly live: number
}

const oneMore = ({ stored, live }: Counts, isStored: boolean): Counts =>
  isStored ? { stored: stored + 1, live } : { stored, live: live + 1 }
