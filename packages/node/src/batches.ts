import { setImmediate as nextTurn } from "node:timers/promises"

/**
 * Gathers what an iterable has ready into arrays of 1 to `most`, in order, so that many small writes become few. Nothing waits for a batch to fill:
 * what is not there after one turn of the event loop comes with the next batch.
 */
export async function* inBatches<T>(source: AsyncIterable<T>, most: number): AsyncGenerator<readonly T[], void, void> {
  const iterator = source[Symbol.asyncIterator]()
  const noMore = Symbol("not ready")
  let next = settle(iterator)
  try {
    for (;;) {
      const batch: T[] = []
      let result: IteratorResult<T, unknown> | typeof noMore = unwrap(await next)
      while (result !== noMore) {
        if (result.done === true) {
          if (batch.length > 0) yield batch
          return
        }
        batch.push(result.value)
        next = settle(iterator)
        if (batch.length === most) break
        const ready: Settled<T> | typeof noMore = await Promise.race([next, nextTurn(noMore)])
        if (ready !== noMore && "error" in ready) break
        result = ready === noMore ? noMore : unwrap(ready)
      }
      yield batch
    }
  } finally {
    // Not awaited: a generator that waits for something new would hold us up until it comes. Whoever leaves aborts the source.
    iterator.return?.().then(undefined, () => undefined)
  }
}

type Settled<T> = { readonly result: IteratorResult<T, unknown> } | { readonly error: unknown }

/** A promise that never rejects, so that a failure ahead of the batch is not lost nor reported as unhandled. */
async function settle<T>(iterator: AsyncIterator<T>): Promise<Settled<T>> {
  try {
    return { result: await iterator.next() }
  } catch (error) {
    return { error }
  }
}

function unwrap<T>(settled: Settled<T>): IteratorResult<T, unknown> {
  if ("error" in settled) throw settled.error
  return settled.result
}
