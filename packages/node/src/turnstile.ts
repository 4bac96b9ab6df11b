/** So much waits already that nothing more is taken in; the message is a sentence for the person. */
export class BusyError extends Error {
  override readonly name = "BusyError"
  constructor() {
    super("Tessera is busy: too much waits already. Try again in a moment.")
  }
}

/** Lets one act through at a time, in the order in which they came; bounded. */
export interface Turnstile {
  /**
   * Runs `act` when all that came before have ended, whether well or not.
   * @throws {BusyError} when as many as are allowed are inside already.
   * @throws the signal's reason when it aborts before the turn comes.
   */
  pass<T>(act: () => T | Promise<T>, signal?: AbortSignal): Promise<T>
}

/** `most` acts may wait or run at a time. */
export function createTurnstile(most: number): Turnstile {
  let last: Promise<unknown> = Promise.resolve()
  let inside = 0
  return {
    async pass(act, signal) {
      if (inside >= most) throw new BusyError()
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
