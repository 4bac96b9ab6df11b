import { describe, expect, test } from "vitest"
import { EVENT_LIMIT, SseReader } from "./sse.ts"

describe("SseReader", () => {
  const stream = ': hello\r\n\r\nid: 1\ndata: {"a":1}\n\ndata:{"b":\ndata: 2}\n\n: alive\n\ndata: last\n\n'
  const events = ['{"a":1}', '{"b":\n2}', "last"]

  test("reads whole streams", () => {
    expect(new SseReader().push(stream)).toEqual(events)
  })

  test("gives the same events wherever the stream is cut", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new SseReader()
      expect([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))]).toEqual(events)
    }
    const reader = new SseReader()
    expect([...stream].flatMap((character) => reader.push(character))).toEqual(events)
  })

  test("keeps an unfinished event back", () => {
    expect(new SseReader().push("data: half")).toEqual([])
    expect(new SseReader().push("data: half\n")).toEqual([])
  })

  test("refuses an event without end", () => {
    expect(() => new SseReader().push(`data: ${"x".repeat(EVENT_LIMIT)}`)).toThrow(RangeError)
  })
})
