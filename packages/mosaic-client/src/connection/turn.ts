import { performance } from "node:perf_hooks"
import { setImmediate as nextTurn } from "node:timers/promises"

/** How long a connection may compute before other work gets its turn. */
const SLICE_MS = 5

let sliceStart = 0

/** Between two pieces of dear work (a signature takes about a millisecond): lets the event loop go on when its turn is over. */
export async function yieldTurn(): Promise<void> {
  if (performance.now() - sliceStart < SLICE_MS) return
  await nextTurn()
  sliceStart = performance.now()
}
