import { VaultError } from "./errors.ts"

/** Lets one act through at a time, in the order in which they came; bounded. */
export interface Turnstile {
  /**
   * Runs `act` when all that came before have ended.
   * @throws {VaultError} `busy` when `most` acts wait already.
   * @throws the signal's reason when it aborts before the turn comes.
   */
  pass<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** `most` acts may wait or run at a time. */
export function createTurnstile(most: number): Turnstile {
  let last: Promise<unknown> = Promise.resolve()
  let inside = 0
  return {
    async pass(act, signal) {
      if (inside >= most) throw new VaultError("busy", "Too many attempts wait already. Try again in a moment.")
      inside += 1
      const turn = last.then(() => {
        signal?.throwIfAborted()
        return act()
      })
      last = turn.catch(() => undefined)
      try {
        return await turn
      } finally {
        inside -= 1
      }
    },
  }
}
