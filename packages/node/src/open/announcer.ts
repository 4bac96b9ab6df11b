import type { Note, NodeEvent } from "../api/contract.ts"
import type { EventHub } from "../events.ts"

/** Tells interfaces which notes look different, in order, without holding up whoever found out. */
export interface Announcer extends AsyncDisposable {
  changed(addresses: readonly Uint8Array[]): void
}

const AT_ONCE = 100
/** Beyond this it is quicker to load again. */
const MOST_WAITING = 5_000

export function createAnnouncer(options: {
  readonly events: EventHub<NodeEvent>
  readonly present: (addresses: readonly Uint8Array[]) => Promise<readonly Note[]>
  readonly onFailure: (error: unknown) => void
}): Announcer {
  const { events, present } = options
  const waiting = new Map<string, Uint8Array>()
  let running: Promise<void> | undefined
  const closing = new AbortController()

  const drain = async (): Promise<void> => {
    while (waiting.size > 0 && !closing.signal.aborted) {
      const batch = [...waiting].slice(0, AT_ONCE)
      for (const [key] of batch) waiting.delete(key)
      try {
        for (const note of await present(batch.map(([, address]) => address))) events.emit({ type: "note", note })
      } catch (error) {
        if (!closing.signal.aborted) options.onFailure(error)
      }
    }
    running = undefined
  }
  return {
    changed(addresses) {
      if (closing.signal.aborted || !events.hasListeners) return
      for (const address of addresses) waiting.set(Buffer.from(address).toString("latin1"), address)
      if (waiting.size > MOST_WAITING) {
        waiting.clear()
        events.emit({ type: "hello" })
        return
      }
      // With nothing to wait for, `drain` would end before it is kept here, and be kept for ever.
      if (waiting.size > 0) running ??= drain()
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await running
    },
  }
}
