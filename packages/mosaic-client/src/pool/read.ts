import type { Filter, PublicKey, VerifiedRecord } from "@tessera/mosaic"
import type { ServerRead } from "../routing/plan-reading.ts"
import { type Brought, type MergeOptions, type MergeSource, type Merged, mergeNewestFirst } from "./merge.ts"
import type { Pool } from "./pool.ts"
import { walk } from "./walk.ts"

/** One filter of one server's part of a plan. */
export interface Asked {
  readonly read: ServerRead
  readonly filter: Filter
}

/** What a reading tells those who watch the servers. Nothing of it may throw. */
export interface ReadObserver {
  /** A record has come from one of the servers, for the first time or again. */
  arrived?(asked: Asked, record: VerifiedRecord): void
  /** All that was asked for has come: fewer than `limit`, so nothing was left out for want of room. */
  finished?(asked: Asked, how: { readonly isWhole: boolean; readonly milliseconds: number }): void
  /** A subscription has brought all that is stored. */
  caughtUp?(asked: Asked): void
  /** It has failed with what the pool or the connection throws. */
  failed?(asked: Asked, error: unknown): void
  /** Nothing more comes of the whole plan: it has ended or was left. */
  ended?(): void
}

/** How a reading goes. */
export interface ReadStoredOptions extends Omit<MergeOptions<Asked>, "onArrival"> {
  /** The most records of each filter of each server; all when not given. */
  readonly limit?: number
  readonly observers?: readonly ReadObserver[]
  /** In milliseconds, monotonic or not: only differences are looked at. */
  readonly clock: () => number
}

/** What a reading brings. */
export type ReadItem =
  | { readonly record: VerifiedRecord; readonly from: PublicKey }
  /** A server could not be read, or not to the end. The others go on. */
  | { readonly failed: PublicKey; readonly error: unknown }

/**
 * Reads what is stored, as a plan says, newest first over all servers and each record once. A server that fails is an item; it throws only the
 * signal's reason.
 */
export async function* readStored(
  pool: Pool,
  reads: readonly ServerRead[],
  options: ReadStoredOptions,
): AsyncGenerator<ReadItem, void, void> {
  const { limit, clock, observers = [], ...mergeOptions } = options
  const sources = allAsked(reads).map((asked): MergeSource<Asked> => {
    const open = (signal: AbortSignal): AsyncIterable<Brought> => stored(pool, asked, limit, clock, signal, observers)
    return { name: asked, open }
  })
  const onArrival = (asked: Asked, record: VerifiedRecord): void => tell(observers, (observer) => observer.arrived?.(asked, record))
  try {
    for await (const item of mergeNewestFirst(sources, { ...mergeOptions, onArrival })) {
      const told = toItem(item, observers)
      if (told !== undefined) yield told
    }
  } finally {
    tell(observers, (observer) => observer.ended?.())
  }
}

async function* stored(
  pool: Pool,
  asked: Asked,
  limit: number | undefined,
  clock: () => number,
  signal: AbortSignal,
  observers: readonly ReadObserver[],
): AsyncGenerator<Brought, void, void> {
  const { read, filter } = asked
  await using lease = await pool.lease(read.server, { asSelf: read.asSelf, signal })
  let records = 0
  // Only the time in which the server is waited for counts.
  let milliseconds = 0
  let since = clock()
  for await (const record of walk(lease.connection, { filter, signal, ...(limit === undefined ? {} : { limit }) })) {
    records += 1
    milliseconds += clock() - since
    yield { record }
    since = clock()
  }
  milliseconds += clock() - since
  tell(observers, (observer) => observer.finished?.(asked, { isWhole: limit === undefined || records < limit, milliseconds }))
}

const ASKED = new WeakMap<ServerRead, Asked[]>()

/** Everything that a plan asks, one by one; of the same plan the same objects each time. */
export function allAsked(reads: readonly ServerRead[]): Asked[] {
  return reads.flatMap((read) => {
    const known = ASKED.get(read) ?? read.filters.map((filter): Asked => ({ read, filter }))
    ASKED.set(read, known)
    return known
  })
}

function toItem(item: Merged<Asked>, observers: readonly ReadObserver[]): ReadItem | undefined {
  if ("record" in item) return { record: item.record, from: item.from.read.server }
  if (!("ended" in item) || item.error === undefined) return undefined
  tell(observers, (observer) => observer.failed?.(item.ended, item.error))
  return { failed: item.ended.read.server, error: item.error }
}

export function tell(observers: readonly ReadObserver[], what: (observer: ReadObserver) => void): void {
  for (const observer of observers) what(observer)
}
