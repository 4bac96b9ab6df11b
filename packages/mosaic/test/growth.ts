const FACTOR = 16
const LEAST_MILLISECONDS = 4
const REPETITIONS = 4
const ATTEMPTS = 8

/**
 * Fits how the time of `run` grows with its size over a factor of 16: 1 is linear, 2 quadratic.
 *
 * Noise on a busy machine only adds time. So small and large are measured in turns, the fastest measurement of each counts, and there are more until the
 * fit is good: a quadratic parser stays quadratic in all of them.
 *
 * @param prepare makes the input of a size; its time does not count.
 * @param enough stop trying once the fit is below this.
 */
export function growthExponent<T>(size: number, prepare: (size: number) => T, run: (input: T) => unknown, enough = 1.4): number {
  const small = prepare(size)
  const large = prepare(size * FACTOR)
  let smallTime = Infinity
  let largeTime = Infinity
  let exponent = Infinity
  for (let attempt = 0; attempt < ATTEMPTS && exponent >= enough; attempt += 1) {
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      smallTime = Math.min(
        smallTime,
        timeOf(() => run(small)),
      )
      largeTime = Math.min(
        largeTime,
        timeOf(() => run(large)),
      )
    }
    exponent = Math.log(largeTime / smallTime) / Math.log(FACTOR)
  }
  return exponent
}

/** A browser's clock is coarse: runs again until there is something to measure. */
function timeOf(run: () => unknown): number {
  const start = performance.now()
  let runs = 0
  let elapsed = 0
  while (elapsed < LEAST_MILLISECONDS) {
    run()
    runs += 1
    elapsed = performance.now() - start
  }
  return elapsed / runs
}
