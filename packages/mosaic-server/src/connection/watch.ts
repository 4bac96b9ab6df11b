import type { Limits } from "../limits.ts"
import type { Sleep } from "./sleep.ts"

/** What a watch looks at. */
export interface Activity {
  /** The peer has said Hello. */
  readonly isGreeted: () => boolean
  /** Messages that came so far. */
  readonly messages: () => number
  /** A message has begun to arrive. */
  readonly hasHalfMessage: () => boolean
  /** Something of the peer's is open or on its way. */
  readonly isBusy: () => boolean
}

/**
 * Watches that a peer says Hello in time, ends what it begins to say, and does not stay without wanting anything.
 *
 * @returns why the connection has to end; undefined when `signal` aborted first.
 */
export async function watch(
  activity: Activity,
  limits: Pick<Limits, "helloMs" | "frameMs" | "idleMs">,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const others = Promise.race([
      watchHalfMessages(activity, limits.frameMs, sleep, signal),
      watchSilence(activity, limits.idleMs, sleep, signal),
    ])
    const hello = sleep(limits.helloMs, signal).then(() => (activity.isGreeted() ? others : "the peer did not say Hello in time"))
    return await Promise.race([hello, others])
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function watchHalfMessages(activity: Activity, milliseconds: number, sleep: Sleep, signal: AbortSignal): Promise<string> {
  for (;;) {
    const before = activity.messages()
    const begun = activity.hasHalfMessage()
    await sleep(milliseconds, signal)
    if (begun && activity.hasHalfMessage() && activity.messages() === before) return "the peer did not end its message in time"
  }
}

async function watchSilence(activity: Activity, milliseconds: number, sleep: Sleep, signal: AbortSignal): Promise<string> {
  for (;;) {
    const before = activity.messages()
    await sleep(milliseconds, signal)
    if (activity.messages() === before && !activity.isBusy()) return "the peer was silent"
  }
}
