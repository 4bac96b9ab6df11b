import { setTimeout as wait } from "node:timers/promises"
import type { Clock } from "../ports.ts"

/** Longest single timer: a longer one would fire at once. */
const LONGEST = 2_147_483_647

/** The machine's clock and timers. Waiting keeps the process alive: who ends it aborts the signals. */
export const systemClock: Clock = {
  unixMillis: () => Date.now(),
  async sleep(milliseconds, signal) {
    signal.throwIfAborted()
    try {
      for (let left = milliseconds; left > 0; left -= LONGEST) await wait(Math.min(left, LONGEST), undefined, { signal })
    } catch (error) {
      // The timer says only that it was aborted; the signal says why.
      signal.throwIfAborted()
      throw error
    }
  },
}
