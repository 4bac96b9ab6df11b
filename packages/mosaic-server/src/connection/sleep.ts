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
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort)
      resolve()
    }, milliseconds).unref()
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
  })

/** True when `work` settled in time, false when the time was up first; its failure is thrown. */
export async function inTime(work: Promise<unknown>, milliseconds: number, sleep: Sleep): Promise<boolean> {
  if (await isSettled(work)) return work.then(() => true)
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

/** Whether it has settled, or does at once: most writing does, and needs no timer. */
async function isSettled(work: Promise<unknown>): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  )
  for (let turn = 0; turn < 4; turn += 1) if (await Promise.race([settled, Promise.resolve(false)])) return true
  return false
}
