import { performance } from "node:perf_hooks"
import { setImmediate as nextTurn } from "node:timers/promises"

/** How long one connection may compute before the others get their turn. */
const SLICE_MS = 5

let sliceStart = 0
let line: Promise<void> = Promise.resolve()

/**
 * Between two pieces of dear work (a signature takes about a millisecond): lets the event loop go on when its turn is over. Those who wait get a turn of
 * the loop each, one after the other, so that many of them together hold nobody up.
 */
export async function yieldTurn(): Promise<void> {
  if (performance.now() - sliceStart < SLICE_MS) return
  const turn = line.then(begin)
  line = turn
  await turn
}

async function begin(): Promise<void> {
  await nextTurn()
  sliceStart = performance.now()
}
