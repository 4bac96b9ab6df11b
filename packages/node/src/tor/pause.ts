import { setTimeout as delay } from "node:timers/promises"

/** Waits; what is waited for may be cut short, without an error. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
