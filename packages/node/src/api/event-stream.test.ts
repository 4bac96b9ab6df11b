import { describe, expect, test } from "vitest"
import { EventHub } from "../events.ts"
import type { NodeEvent } from "./contract.ts"
import { openEventStream } from "./event-stream.ts"

function open(options: { sleep?: () => Promise<void> } = {}) {
  const events = new EventHub<NodeEvent>()
  const stop = new AbortController()
  const told = { dropped: 0, ended: 0 }
  const stream = openEventStream({
    events,
    clock: { unixMillis: () => 0, sleep: options.sleep ?? (() => new Promise<void>(() => undefined)) },
    signal: stop.signal,
    onDropped: () => void (told.dropped += 1),
    onEnd: () => void (told.ended += 1),
  })
  const reader = stream.getReader()
  const read = async (): Promise<string | undefined> => {
    const { value, done } = await reader.read()
    return done ? undefined : new TextDecoder().decode(value)
  }
  return { events, stop, told, reader, read }
}

const trouble = (message: string): NodeEvent => ({ type: "trouble", message })

describe("the stream of events", () => {
  test("says hello, then what happens, in order", async () => {
    const { events, read, stop, told } = open()
    expect(await read()).toBe('data: {"type":"hello"}\n\n')
    events.emit(trouble("one"))
    events.emit(trouble("two"))
    expect(await read()).toBe('data: {"type":"trouble","message":"one"}\n\ndata: {"type":"trouble","message":"two"}\n\n')
    const waiting = read()
    events.emit(trouble("three"))
    expect(await waiting).toContain("three")
    const last = read()
    stop.abort()
    expect(await last).toBeUndefined()
    expect(told).toEqual({ dropped: 0, ended: 1 })
    expect(events.hasListeners).toBe(false)
  })

  test("drops a reader who does not read, whether many or large things wait", async () => {
    for (const [message, count] of [
      ["x", 2_100],
      ["x".repeat(100_000), 50],
    ] as const) {
      const { events, read, told } = open()
      for (let i = 0; i < count; i++) events.emit(trouble(message))
      expect(told).toEqual({ dropped: 1, ended: 1 })
      expect(events.hasListeners).toBe(false)
      expect(await read()).toBeUndefined()
    }
  })

  test("lets go of a reader who leaves", async () => {
    const { events, reader, read, told } = open()
    await read()
    await reader.cancel()
    expect(events.hasListeners).toBe(false)
    expect(told).toEqual({ dropped: 0, ended: 1 })
  })

  test("shows that it lives while nothing happens", async () => {
    let wake = (): void => undefined
    const { read, stop } = open({ sleep: () => new Promise<void>((resolve) => (wake = resolve)) })
    await read()
    const waiting = read()
    wake()
    expect(await waiting).toBe(": alive\n\n")
    stop.abort()
  })
})
