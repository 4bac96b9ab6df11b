import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { spacedHex } from "../../test/spaced-hex.ts"
import { concatBytes, toHex } from "../bytes.ts"
import { type WebSocketPart, WebSocketError, WebSocketFrameReader } from "./web-socket-frame-reader.ts"
import { OPCODE, encodeCloseStatus, encodeFrameHeader } from "./web-socket-frame.ts"

/** A frame as a client sends it, written otherwise than the reader reads it. */
function clientFrame(opcode: number, payload: Uint8Array, isFinal: boolean, mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)): Uint8Array {
  const header = encodeFrameHeader(opcode, payload.length, isFinal)
  header[1] = (header[1] ?? 0) | 0x80
  return concatBytes(
    header,
    mask,
    payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  )
}

/** All that comes, the pieces of messages joined where they follow each other. */
function readAll(chunks: readonly Uint8Array[]): WebSocketPart[] {
  const reader = new WebSocketFrameReader()
  const parts: WebSocketPart[] = []
  for (const part of chunks.flatMap((chunk) => reader.push(chunk.slice()))) {
    const last = parts.at(-1)
    if (part.type === "data" && last?.type === "data")
      parts[parts.length - 1] = { type: "data", bytes: concatBytes(last.bytes, part.bytes) }
    else parts.push(part)
  }
  return parts
}

const read = (hex: string): WebSocketPart[] => new WebSocketFrameReader().push(spacedHex(hex))
const statusOf = (hex: string): number | undefined => {
  try {
    read(hex)
    return undefined
  } catch (error) {
    return error instanceof WebSocketError ? error.status : undefined
  }
}

test("the frames of RFC 6455, 5.7", () => {
  expect(statusOf("81 85 37 fa 21 3d 7f 9f 4d 51 58")).toBe(1003)
  expect(read("82 85 37 fa 21 3d 7f 9f 4d 51 58")).toEqual([{ type: "data", bytes: new TextEncoder().encode("Hello") }])
  expect(read("89 85 37 fa 21 3d 7f 9f 4d 51 58")).toEqual([{ type: "ping", payload: new TextEncoder().encode("Hello") }])
  expect(read("8a 85 37 fa 21 3d 7f 9f 4d 51 58")).toEqual([])
  expect(toHex(encodeFrameHeader(OPCODE.BINARY, 256, true))).toBe("827e0100")
  expect(toHex(encodeFrameHeader(OPCODE.BINARY, 65_536, true))).toBe("827f0000000000010000")
  expect(toHex(encodeFrameHeader(OPCODE.BINARY, 5, false))).toBe("0205")
})

test("Close says why, or not, and is the last that is read", () => {
  expect(read("88 82 00 00 00 00 03 e9 82 81 00 00 00 00 01")).toEqual([{ type: "close", status: 1001 }])
  expect(read("88 80 00 00 00 00")).toEqual([{ type: "close", status: undefined }])
  expect(toHex(encodeCloseStatus(1001))).toBe("03e9")
})

test.each([
  ["a frame without a mask", "82 01 00", 1002],
  ["an extension", "c2 81 00 00 00 00 00", 1002],
  ["an unknown type", "83 80 00 00 00 00", 1002],
  ["a control frame in pieces", "09 80 00 00 00 00", 1002],
  ["a long control frame", "89 fe 00 7e 00 00 00 00", 1002],
  ["a piece of nothing", "80 80 00 00 00 00", 1002],
  ["a message within a message", "02 80 00 00 00 00 82 80 00 00 00 00", 1002],
  ["a status of one byte", "88 81 00 00 00 00 03", 1002],
  ["16 bits for a short length", "82 fe 00 7d 00 00 00 00", 1002],
  ["64 bits for a short length", "82 ff 00 00 00 00 00 00 ff ff 00 00 00 00", 1002],
  ["a frame that never ends", "82 ff 00 20 00 00 00 00 00 00 00 00 00 00", 1009],
  ["a length with its first bit set", "82 ff 80 00 00 00 00 00 00 00 00 00 00 00", 1009],
])("%s is refused", (_, hex, status) => {
  expect(statusOf(hex)).toBe(status)
})

test("what is refused is refused as soon as it is seen", () => {
  expect(statusOf("82 01")).toBe(1002)
  expect(statusOf("81 ff")).toBe(1003)
})

test("frames of a byte come as one part, which holds no more than they bring", () => {
  const tiny = Array.from({ length: 1_000 }, (_, at) =>
    clientFrame(at === 0 ? OPCODE.BINARY : OPCODE.CONTINUATION, Uint8Array.of(at), false),
  )
  const ping = clientFrame(OPCODE.PING, Uint8Array.of(7), true)
  const [first, second, third, ...others] = new WebSocketFrameReader().push(concatBytes(...tiny.slice(0, 600), ping, ...tiny.slice(600)))
  expect([second, others]).toEqual([{ type: "ping", payload: Uint8Array.of(7) }, []])
  const content = [first, third].map((part) => (part?.type === "data" ? part.bytes : new Uint8Array(0)))
  expect(content.map(({ length, buffer }) => [length, buffer.byteLength])).toEqual([
    [600, 600],
    [400, 400],
  ])
  expect(concatBytes(...content)).toEqual(Uint8Array.from({ length: 1_000 }, (_, at) => at))
})

test("however messages are cut, into frames and into chunks, the same bytes come, with control frames between", () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  const frame = fc.record({
    payload: bytes,
    mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    isFinal: fc.boolean(),
    ping: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.nat(5_000), { maxLength: 12 }), (frames, cuts) => {
      let isInMessage = false
      const wire = concatBytes(
        ...frames.flatMap(({ payload, mask, isFinal, ping }) => {
          const opcode = isInMessage ? OPCODE.CONTINUATION : OPCODE.BINARY
          isInMessage = !isFinal
          const data = clientFrame(opcode, payload, isFinal, mask)
          return ping ? [data, clientFrame(OPCODE.PING, payload.subarray(0, 125), true, mask)] : [data]
        }),
      )
      const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)).toSorted((a, b) => a - b), wire.length]
      const parts = readAll(places.slice(1).map((to, index) => wire.subarray(places[index], to)))
      const data = concatBytes(...parts.flatMap((part) => (part.type === "data" ? [part.bytes] : [])))
      expect(toHex(data)).toBe(toHex(concatBytes(...frames.map(({ payload }) => payload))))
      const pings = parts.flatMap((part) => (part.type === "ping" ? [toHex(part.payload)] : []))
      expect(pings).toEqual(frames.flatMap(({ ping, payload }) => (ping ? [toHex(payload.subarray(0, 125))] : [])))
    }),
  )
})

test("hostile frames are refused, and nothing else happens", () => {
  const valid = [
    clientFrame(OPCODE.BINARY, new Uint8Array(300), true),
    concatBytes(clientFrame(OPCODE.BINARY, Uint8Array.of(1), false), clientFrame(OPCODE.PING, Uint8Array.of(2), true)),
    clientFrame(OPCODE.CLOSE, encodeCloseStatus(1000), true),
  ]
  expect(feedHostileInput((input) => new WebSocketFrameReader().push(input), valid, { runs: 50_000 })).toBeGreaterThan(1_000)
})

test("floods of small frames and single bytes take time in proportion", () => {
  const frame = clientFrame(OPCODE.BINARY, Uint8Array.of(1), true)
  const many = (size: number): Uint8Array => concatBytes(...Array.from({ length: size }, () => frame))
  expect(growthExponent(200, many, (input) => new WebSocketFrameReader().push(input.slice()))).toBeLessThan(1.6)
  const byByte = (input: Uint8Array): void => {
    const reader = new WebSocketFrameReader()
    for (const byte of input) reader.push(Uint8Array.of(byte))
  }
  expect(growthExponent(200, (size) => clientFrame(OPCODE.BINARY, new Uint8Array(size * 7), true), byByte)).toBeLessThan(1.6)
})
