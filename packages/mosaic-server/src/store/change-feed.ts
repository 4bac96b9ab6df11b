import type { Sequence, StoredRecord } from "./port.ts"
import type { Wake } from "./wake.ts"

/** What a feed of changes reads: a store, page by page. */
export interface ChangeSource {
  /** The next stored records after a sequence, in order; few enough to be held in memory. Empty when there are none. */
  pageAfter(after: Sequence): readonly StoredRecord[]
  /** Notified whenever something was stored or dropped, and when the source closes. */
  readonly wake: Wake
  /** Counts what was dropped: a page that was read before is stale then. */
  readonly dropped: number
  readonly closed: boolean
}

/**
 * Follows a store for ever. Only one page is held; whoever reads slowly costs nothing more, because the store is the queue.
 * Gap-free, because sequences become visible in their order: there is one writer, and it commits batch by batch.
 */
export async function* followChanges(source: ChangeSource, after: Sequence, signal: AbortSignal): AsyncGenerator<StoredRecord, void, void> {
  let last = after
  while (!signal.aborted && !source.closed) {
    const { version } = source.wake
    const { dropped } = source
    const page = source.pageAfter(last)
    if (page.length === 0) await source.wake.after(version, signal)
    for (const stored of page) {
      // What was dropped while the reader was busy must not be handed out: look again from here.
      if (signal.aborted || source.closed || source.dropped !== dropped) break
      last = stored.sequence
      yield stored
    }
  }
}
