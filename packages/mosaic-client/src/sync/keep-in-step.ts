import type { MosaicConnection } from "../connection/mosaic-connection.ts"
import { realSleep } from "../connection/sleep.ts"
import { Backoff } from "../keep-subscribed/backoff.ts"
import { type SyncOptions, type SyncOutcome, sync } from "./sync.ts"

/** How to stay in step. */
export interface KeepInStepOptions extends SyncOptions {
  /** Opens a connection for one sync; it is disposed of afterwards. */
  readonly open: (signal: AbortSignal) => Promise<MosaicConnection>
  /** How long to wait after a sync that came to its end, in milliseconds. After a failed one: a second, doubling, at most a minute. */
  readonly everyMs: number
  /** At least 0, below 1: `Math.random`, but for simulations. */
  readonly random: () => number
  /** A sync came to its end. */
  readonly onSynced?: (outcome: SyncOutcome) => void
  /** A sync failed, and is tried again: the connection broke, the server refused or lied, or this side could not keep a record. */
  readonly onFailed?: (error: unknown) => void
}

/**
 * Keeps this side and a server in step: syncs again and again, until `signal` aborts. For what comes live there are subscriptions; this finds what they
 * have missed. Rejects only with the signal's reason.
 */
export async function keepInStep({ open, everyMs, random, onSynced, onFailed, ...options }: KeepInStepOptions): Promise<never> {
  const { signal, sleep = realSleep } = options
  let backoff = new Backoff(random)
  for (;;) {
    let pauseMs = everyMs
    try {
      await using connection = await open(signal)
      onSynced?.(await sync(connection, options))
      backoff = new Backoff(random)
    } catch (error) {
      signal.throwIfAborted()
      onFailed?.(error)
      pauseMs = backoff.next(0)
    }
    await sleep(pauseMs, signal)
  }
}
