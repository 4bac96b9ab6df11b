const STEPS = [1, 4, 16]
const LEAST_MILLISECONDS = 4
const REPETITIONS = 5
const ATTEMPTS = 4

/**
 * Fits how the time of `run` grows with its size over a factor of 16: 1 is linear, 2 quadratic.
 *
 * Noise on a busy machine only adds time, so the fastest of several measurements counts, and of several fits the smallest: a quadratic parser stays
 * quadratic in all of them.
 *
 * @param prepare makes the input of a size; its time does not count.
 * @param enough stop trying once a fit is below this.
 */
export function growthExponent<T>(size: number, prepare: (size: number) => T, run: (input: T) => unknown, enough = 1.4): number {
  const inputs = STEPS.map((step) => prepare(size * step))
  let smallest = Infinity
  for (let attempt = 0; attempt < ATTEMPTS && smallest >= enough; attempt += 1) {
    const times = inputs.map((input) => fastest(() => run(input)))
    smallest = Math.min(smallest, slope(times))
  }
  return smallest
}

function fastest(run: () => unknown): number {
  let best = Infinity
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    // A browser's clock is coarse: run again until there is something to measure.
    let runs = 0
    const start = performance.now()
    let elapsed = 0
    while (elapsed < LEAST_MILLISECONDS) {
      run()
      runs += 1
      elapsed = performance.now() - start
    }
    best = Math.min(best, elapsed / runs)
  }
  return best
}

/** The steepest of the whole and its second half: what starts small beside a constant shows in the latter. */
function slope(times: readonly number[]): number {
  const [first = 0, middle = 0, last = 0] = times
  return Math.max(Math.log(last / first) / Math.log(16), Math.log(last / middle) / Math.log(4))
}
