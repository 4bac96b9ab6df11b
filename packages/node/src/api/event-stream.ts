import type { EventHub } from "../events.ts"
import type { Clock } from "../ports.ts"
import type { NodeEvent } from "./contract.ts"

/** What may wait for one reader; beyond, it does not read, and is dropped: when it comes back it loads again. */
const MOST_EVENTS = 2_000
const MOST_BYTES = 4 * 1024 * 1024
/** How often a quiet stream shows that it lives, in milliseconds. */
const ALIVE_MS = 20_000

export interface EventStreamOptions {
  readonly events: EventHub<NodeEvent>
  readonly clock: Clock
  /** Ends the stream. */
  readonly signal: AbortSignal
  /** The reader is too far behind: whatever holds its connection should let go of it. */
  readonly onDropped: () => void
  readonly onEnd: () => void
}

/** Server-sent events, `hello` first. Bounded: nothing is made until the reader takes what is there, but for a queue that has an end. */
export function openEventStream({ events, clock, signal, onDropped, onEnd }: EventStreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  let queue: string[] = []
  let bytes = 0
  let wake = (): void => undefined

  const push = (piece: string): void => {
    queue.push(piece)
    bytes += piece.length
    if (queue.length > MOST_EVENTS || bytes > MOST_BYTES) {
      end()
      onDropped()
    } else wake()
  }
  const unsubscribe = events.subscribe((event) => push(frame(event)))
  const end = (): void => {
    if (stop.signal.aborted) return
    stop.abort()
    unsubscribe()
    queue = []
    wake()
    onEnd()
  }
  const keepAlive = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(ALIVE_MS, ended)
      if (queue.length === 0) push(": alive\n\n")
    }
  }
  signal.addEventListener("abort", end, { once: true })
  keepAlive().catch(end)
  push(frame({ type: "hello" }))
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (queue.length === 0 && !ended.aborted) await new Promise<void>((resolve) => (wake = resolve))
        if (ended.aborted) {
          controller.close()
          return
        }
        controller.enqueue(encoder.encode(queue.join("")))
        queue = []
        bytes = 0
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

const frame = (event: NodeEvent): string => `data: ${JSON.stringify(event)}\n\n`
