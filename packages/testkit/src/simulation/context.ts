import { AsyncLocalStorage } from "node:async_hooks"
import type { SeededRandom } from "./random.ts"
import type { VirtualTimer } from "./virtual-time.ts"

/** On whose behalf code runs: a machine, or the scenario itself. What asks the JavaScript globals for time, timers or chance gets theirs. */
export interface Context {
  readonly random: SeededRandom
  /** The time of day, which may jump. */
  unixMillis(): number
  /** Calls `run` in this context after `delay` milliseconds, unless the machine is dead by then. */
  schedule(delay: number, run: () => void): VirtualTimer
}

const storage = new AsyncLocalStorage<Context>()

/** The context of the running code; `undefined` outside of simulations. */
export function currentContext(): Context | undefined {
  return storage.getStore()
}

/** Runs something, and all that it waits for, in a context. */
export function inContext<T>(context: Context, act: () => T): T {
  return storage.run(context, act)
}
