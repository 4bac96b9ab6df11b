import { type Filter, compareBytes } from "@tessera/mosaic"
import { type Arrivals, type Stream, planQuery } from "../plan.ts"
import { type Stretch, overlap } from "../position.ts"
import type { Sequence } from "../port.ts"
import type { Entry, Run } from "./merge.ts"
import type { Reader } from "./reader.ts"

/** Ways are compared by how many entries they have, counted no further than this. */
const COUNTED = 4_096
const LARGEST_STEP = 256

/**
 * Finds the shortest way to what a filter asks for, as runs to be merged. To be called inside a snapshot.
 *
 * @param within where the page may begin.
 * @param limit how many records are wanted: how much of a run is read at first.
 */
export function chooseWay(reader: Reader, filter: Filter, within: Stretch, limit: number): Run[] {
  const plan = planQuery(filter)
  const ways = plan.streams.map((streams) => streams.map((stream) => ({ ...stream, ...overlap(stream, within) })))
  const first = filter.receivedSince === undefined ? 0 : reader.firstReceivedSince(filter.receivedSince)
  if (first === undefined) return []

  // Those of few runs first: they are counted soonest, and bound what is counted of the others.
  const [shortest = [], ...others] = ways.toSorted((a, b) => a.length - b.length)
  let best = shortest
  if (others.length > 0 || plan.arrivals.length > 0) {
    let fewest = countUpTo(reader, best, COUNTED)
    for (const way of others) {
      const count = countUpTo(reader, way, fewest)
      if (count < fewest) [best, fewest] = [way, count]
    }
    const arrived = fewestArrivals(reader, plan.arrivals, first, fewest)
    if (arrived !== undefined) return [new Sorted(arrived, within)]
  }
  const step = Math.min(LARGEST_STEP, Math.ceil((2 * limit) / Math.max(1, best.length)) + 1)
  return best.map((stream) => new IndexRun(reader, stream, step))
}

function countUpTo(reader: Reader, streams: readonly Stream[], bound: number): number {
  let count = 0
  for (const { by, key, newest, oldest } of streams) {
    if (count >= bound) break
    count += reader.count(by, key, { newest, oldest }, bound - count)
  }
  return count
}

/** What arrived by the way with the fewest entries, if they are fewer than `bound`. */
function fewestArrivals(reader: Reader, ways: readonly (readonly Arrivals[])[], first: Sequence, bound: number): Entry[] | undefined {
  let fewest: Entry[] | undefined
  for (const way of ways) {
    const most = (fewest?.length ?? bound) - 1
    const entries: Entry[] = []
    for (const arrivals of way) {
      entries.push(...reader.arrivals(arrivals, first, most - entries.length + 1))
      if (entries.length > most) break
    }
    if (entries.length <= most) fewest = entries
  }
  return fewest
}

/** Entries that came in another order. They are few. */
class Sorted implements Run {
  readonly #entries: readonly Entry[]
  #next = 0

  constructor(entries: readonly Entry[], { newest }: Stretch) {
    this.#entries = entries
      .filter(({ position }) => compareBytes(position, newest) <= 0)
      .sort((a, b) => compareBytes(b.position, a.position))
  }

  get head(): Entry | undefined {
    return this.#entries[this.#next]
  }

  advance(): void {
    this.#next += 1
  }
}

/** A run through an index, read in steps that grow: most runs of a merge yield little. */
class IndexRun implements Run {
  readonly #reader: Reader
  readonly #stream: Stream
  #step: number
  #entries: readonly Entry[]
  #next = 0

  constructor(reader: Reader, stream: Stream, step: number) {
    this.#reader = reader
    this.#stream = stream
    this.#step = step
    this.#entries = reader.entries(stream, undefined, step)
  }

  get head(): Entry | undefined {
    return this.#entries[this.#next]
  }

  advance(): void {
    this.#next += 1
    // A step that came back short was the last.
    if (this.#next < this.#entries.length || this.#entries.length < this.#step) return
    this.#step = Math.min(LARGEST_STEP, this.#step * 2)
    this.#entries = this.#reader.entries(this.#stream, this.#entries.at(-1), this.#step)
    this.#next = 0
  }
}
