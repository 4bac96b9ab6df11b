import { PATHS } from "@tessera/node/api"
import type { NodeEvent } from "@tessera/node/api"
import { Silence } from "./refusal.ts"
import { send } from "./client.ts"
import { SseReader } from "./sse.ts"

/**
 * Reads the node's events until the stream ends; `onEvents` gets those of one piece of the stream together, so that a burst is one repaint.
 * @throws {Silence} when the stream ends or breaks
 * @throws {Refusal} when the node does not let us in
 */
export async function readEvents(onEvents: (events: readonly NodeEvent[]) => void, signal: AbortSignal): Promise<never> {
  const response = await send("GET", PATHS.events, undefined, signal)
  const body = response.body
  if (body === null) throw new Silence()
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const sse = new SseReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Silence()
      const events = sse.push(value).map((data) => JSON.parse(data) as NodeEvent)
      if (events.length > 0) onEvents(events)
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}
