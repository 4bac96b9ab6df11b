import { setTimeout as delay } from "node:timers/promises"

/** Resolves after `milliseconds`, or rejects when `signal` aborts first. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** Real time. A waiting timer does not keep the program alive. */
export const realSleep: Sleep = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, { signal, ref: false })
}

/**
 * What `work` gives, if it gives it in time.
 * @throws what `late` makes when the time is up first.
 */
export async function withDeadline<Value>(work: Promise<Value>, milliseconds: number, sleep: Sleep, late: () => Error): Promise<Value> {
  const stop = new AbortController()
  const expired = sleep(milliseconds, stop.signal).then(
    () => {
      throw late()
    },
    () => work,
  )
  try {
    return await Promise.race([work, expired])
  } finally {
    stop.abort()
    expired.catch(() => {})
  }
}
