import type { VerifiedRecord } from "@tessera/mosaic"
import { type Sleep, realSleep } from "../connection/sleep.ts"
import { Seen } from "../keep-subscribed/seen.ts"
import { Inlet } from "./inlet.ts"
import { NewestFirstHeap } from "./newest-first-heap.ts"

const PATIENCE_MS = 3_000
const BUFFERED_RECORDS = 4_096
const BUFFERED_BYTES = 16 * 1024 * 1024
/** About 10 MB. */
const SEEN = 65_536

/** What one source brings: stored records, newest first; `complete` when these are all; then what is new. */
export type Brought = { readonly record: VerifiedRecord } | { readonly complete: true }

/** One of the sources of a merge. */
export interface MergeSource<Name> {
  readonly name: Name
  /** Begins to bring, until `signal` aborts. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Brought>
}

/** What a merge brings. */
export type Merged<Name> =
  | { readonly record: VerifiedRecord; readonly from: Name; readonly isStored: boolean }
  /** All that is stored has come, except from sources that are late. */
  | { readonly complete: true }
  /** A source has ended; with an error when it failed. The others go on. */
  | { readonly ended: Name; readonly error?: unknown }

/** How a merge waits and how much it holds. */
export interface MergeOptions<Name> {
  readonly signal?: AbortSignal
  /** How long a source that brings nothing is waited for, in milliseconds; 3 seconds when not given. What it brings later comes out of order. */
  readonly patienceMs?: number
  /** Records, in number and bytes, that are held so that the order is right. Beyond, the newest of what is there comes. */
  readonly bufferedRecords?: number
  readonly bufferedBytes?: number
  readonly sleep?: Sleep
  /** Told of each record from each source, before it is known whether it came already. */
  readonly onArrival?: (name: Name, record: VerifiedRecord, isStored: boolean) => void
  /**
   * Told of each record that the consumer has dealt with (and has asked for the next), or that was a double of such a one. In the order of the source, but new
   * ones may come before stored ones.
   */
  readonly onTaken?: (name: Name, record: VerifiedRecord, isStored: boolean) => void
}

/**
 * Merges what several sources bring: each record once, stored ones newest first over all sources, new ones as they come.
 *
 * A record comes again only when more than 65,536 others came in between. A slow source makes the order worse and never stops the others; a consumer that
 * takes nothing stops them all. Ends when all sources have ended; leaving it leaves them.
 *
 * @throws the signal's reason when it aborts.
 */
export async function* mergeNewestFirst<Name>(
  sources: readonly MergeSource<Name>[],
  options: MergeOptions<Name> = {},
): AsyncGenerator<Merged<Name>, void, void> {
  options.signal?.throwIfAborted()
  const merge = new Merge(sources, options)
  try {
    yield* merge.run()
  } finally {
    await merge.leave()
  }
}

class Merge<Name> {
  readonly #options: MergeOptions<Name>
  readonly #sleep: Sleep
  readonly #inlets = new Set<Inlet<Name>>()
  /** Sources that the order waits for. */
  readonly #missing = new Set<Inlet<Name>>()
  readonly #heads = new NewestFirstHeap<Inlet<Name>>()
  /** What goes out before anything stored. */
  readonly #ready: Merged<Name>[] = []
  readonly #pumps: Promise<void>[]
  readonly #seen = new Seen(SEEN)
  readonly #bringers: (() => void)[] = []
  readonly #leaving = new AbortController()
  #records = 0
  #bytes = 0
  #isComplete = false
  #isPatient = false
  #wake: () => void = () => {}

  constructor(sources: readonly MergeSource<Name>[], options: MergeOptions<Name>) {
    this.#options = options
    this.#sleep = options.sleep ?? realSleep
    const signal = options.signal === undefined ? this.#leaving.signal : AbortSignal.any([options.signal, this.#leaving.signal])
    const abort = (): void => this.#wake()
    signal.addEventListener("abort", abort, { once: true })
    const inlets = sources.map(({ name, open }) => ({ inlet: new Inlet(name), open }))
    for (const { inlet } of inlets) {
      this.#inlets.add(inlet)
      this.#missing.add(inlet)
    }
    this.#pumps = inlets.map(({ inlet, open }) => this.#pump(inlet, open(signal)))
  }

  async *run(): AsyncGenerator<Merged<Name>, void, void> {
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const item = this.#take()
      if (item !== undefined) {
        yield item
        if ("record" in item) this.#options.onTaken?.(item.from, item.record, item.isStored)
      } else if (this.#inlets.size === 0) return
      else await this.#wait()
    }
  }

  /** Leaves all sources. */
  async leave(): Promise<void> {
    this.#leaving.abort(new Error("the merge was left"))
    for (const resume of this.#bringers.splice(0)) resume()
    await Promise.all(this.#pumps)
  }

  #take(): Merged<Name> | undefined {
    for (;;) {
      const ready = this.#ready.shift() ?? this.#takeNewest()
      if (ready === undefined) break
      if (!("record" in ready)) return ready
      this.#free(ready.record)
      if (this.#seen.add(ready.record.id)) return ready
      this.#options.onTaken?.(ready.from, ready.record, ready.isStored)
    }
    if (this.#isComplete || this.#missing.size > 0 || this.#heads.size > 0) return undefined
    this.#isComplete = true
    return { complete: true }
  }

  /** The newest stored record, when no other can be newer, or there is no room to wait for it. */
  #takeNewest(): Merged<Name> | undefined {
    if (this.#missing.size > 0 && !this.#isFull) return undefined
    const inlet = this.#heads.pop()
    if (inlet === undefined) return undefined
    const record = inlet.take()
    if (!inlet.isEmpty) this.#heads.push(inlet)
    else if (inlet.ended === undefined) this.#await(inlet)
    else this.#end(inlet)
    return { record, from: inlet.name, isStored: true }
  }

  #await(inlet: Inlet<Name>): void {
    if (inlet.isStored && inlet.isAwaited) this.#missing.add(inlet)
  }

  async #pump(inlet: Inlet<Name>, items: AsyncIterable<Brought>): Promise<void> {
    let ended: { readonly ended: Name; readonly error?: unknown } = { ended: inlet.name }
    try {
      for await (const brought of items) {
        this.#bring(inlet, brought)
        while (this.#isFull && !this.#leaving.signal.aborted) await new Promise<void>((resolve) => this.#bringers.push(resolve))
        if (this.#leaving.signal.aborted) return
      }
    } catch (error) {
      ended = { ended: inlet.name, error }
    } finally {
      this.#isLive(inlet)
      // What it has brought goes out first.
      inlet.ended = ended
      if (inlet.isEmpty) this.#end(inlet)
      this.#wake()
    }
  }

  #end(inlet: Inlet<Name>): void {
    if (inlet.ended === undefined) return
    this.#inlets.delete(inlet)
    this.#ready.push(inlet.ended)
  }

  #bring(inlet: Inlet<Name>, brought: Brought): void {
    if ("complete" in brought) {
      this.#isLive(inlet)
    } else {
      const { record } = brought
      this.#options.onArrival?.(inlet.name, record, inlet.isStored)
      this.#records += 1
      this.#bytes += record.bytes.length
      if (inlet.isStored) {
        if (inlet.isEmpty) {
          inlet.put(record)
          this.#heads.push(inlet)
        } else {
          inlet.put(record)
        }
        this.#missing.delete(inlet)
      } else {
        this.#ready.push({ record, from: inlet.name, isStored: false })
      }
    }
    this.#wake()
  }

  /** Nothing stored comes from it any more. */
  #isLive(inlet: Inlet<Name>): void {
    if (!inlet.isStored) return
    inlet.isStored = false
    this.#missing.delete(inlet)
  }

  async #wait(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#missing.size > 0) void this.#bePatient()
    await woken
  }

  /** Waits for those that bring nothing; after that, no more. */
  async #bePatient(): Promise<void> {
    if (this.#isPatient) return
    this.#isPatient = true
    const { patienceMs = PATIENCE_MS } = this.#options
    const awaited = Array.from(this.#missing, (inlet) => ({ inlet, taken: inlet.taken }))
    await this.#sleep(patienceMs, this.#leaving.signal).catch(() => {})
    this.#isPatient = false
    for (const { inlet, taken } of awaited) {
      // One that has brought something meanwhile is not late.
      if (!this.#missing.has(inlet) || inlet.taken !== taken) continue
      inlet.isAwaited = false
      this.#missing.delete(inlet)
    }
    this.#wake()
  }

  get #isFull(): boolean {
    const { bufferedRecords = BUFFERED_RECORDS, bufferedBytes = BUFFERED_BYTES } = this.#options
    return this.#records >= bufferedRecords || this.#bytes >= bufferedBytes
  }

  #free(record: VerifiedRecord): void {
    this.#records -= 1
    this.#bytes -= record.bytes.length
    if (!this.#isFull) for (const resume of this.#bringers.splice(0)) resume()
  }
}
