import { setTimeout as delay } from "node:timers/promises"

/** Resolves after `milliseconds`, or rejects when `signal` aborts first. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** Real time. A waiting timer does not keep the program alive. */
export const realSleep: Sleep = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, { signal, ref: false })
}

/** True when `work` settled in time, false when the time was up first; its failure is thrown. */
export async function inTime(work: Promise<unknown>, milliseconds: number, sleep: Sleep): Promise<boolean> {
  const stop = new AbortController()
  const expired = sleep(milliseconds, stop.signal).then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([work.then(() => true), expired])
  } finally {
    stop.abort()
  }
}
