/** Resolves after `milliseconds`, or rejects when `signal` aborts first. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** Real time. A waiting timer does not keep the program alive. */
export const realSleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    // Not Node's promised timers, which cost several times as much: there are some for every message.
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer: NodeJS.Timeout | number = setTimeout(() => {
      signal.removeEventListener("abort", abort)
      resolve()
    }, milliseconds)
    // In browsers it is a number.
    if (typeof timer !== "number") timer.unref()
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
  })

/**
 * What `work` gives, if it gives it in time.
 * @throws what `late` makes when the time is up first.
 */
export async function withDeadline<Value>(work: Promise<Value>, milliseconds: number, sleep: Sleep, late: () => Error): Promise<Value> {
  if (await isSettled(work)) return work
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

/** Whether it has settled, or does at once: most writing does, and needs no timer. */
async function isSettled(work: Promise<unknown>): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  )
  for (let turn = 0; turn < 4; turn += 1) if (await Promise.race([settled, Promise.resolve(false)])) return true
  return false
}
