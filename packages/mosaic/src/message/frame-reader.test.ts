import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { BufferLike } from "../../test/buffer-like.ts"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, fromHex, toHex } from "../bytes.ts"
import { encodeMessage } from "./encode.ts"
import { FrameReader } from "./frame-reader.ts"
import { FrameError } from "./frame.ts"
import { type FramePart, isBlobPiece } from "./frame.ts"

/** The messages of which a stream was cut, blobs with their content. A piece that is not the last is marked: its blob is not complete. */
function hex(parts: readonly FramePart[]): string[] {
  const messages: string[] = []
  for (const part of parts) {
    if (isBlobPiece(part)) messages.push(`${messages.pop()}${toHex(part.bytes)}${part.isLast ? "" : "…"}`)
    else messages.push(toHex(part.bytes))
  }
  return messages.map((message) => message.replace(/…(?!$)/g, ""))
}
const zeros = (count: number): string => "00".repeat(count)

/** Messages of every framing: with a length of 24 bits, fixed, and with a length of 48 bits. */
const MESSAGES = [
  "0408000002010000",
  "fe40000000000000",
  `08${zeros(39)}`,
  `8501${zeros(38)}`,
  `0700030000000000${zeros(32)}0a0b0c`,
  `8601000000000000${zeros(32)}`,
  "42040000",
  "420c0000deadbeefdeadbeef",
]

const blob = fc.tuple(fc.constantFrom("07", "86"), fc.uint8Array({ maxLength: 300 })).map(([type, content]) => {
  const length = Array.from({ length: 6 }, (_, index) => (index < 2 ? (content.length >> (8 * index)) & 0xff : 0))
  return concatBytes(fromHex(`${type}00`), Uint8Array.from(length), new Uint8Array(32).fill(7), content)
})
const stream = fc.array(fc.oneof(fc.constantFrom(...MESSAGES).map(fromHex), arbitrary.framedMessage.map(encodeMessage), blob), {
  maxLength: 8,
})

test("cuts a stream into its messages, wherever it is chunked", () => {
  fc.assert(
    fc.property(stream, fc.infiniteStream(fc.integer({ min: 0, max: 50 })), (messages, sizes) => {
      const reader = new FrameReader()
      const bytes = concatBytes(...messages)
      const frames: FramePart[] = []
      for (let at = 0; at < bytes.length;) {
        const size = sizes.next().value
        frames.push(...reader.push(bytes.subarray(at, at + size)))
        at += size
      }
      expect(hex(frames)).toEqual(messages.map(toHex))
      expect(frames.every(({ type, bytes: [first] }) => type === first || type === "blobPiece")).toBe(true)
      expect([reader.pendingLength, reader.missingContent]).toEqual([0, 0])
    }),
  )
})

test("cuts a stream of single bytes and one of a single chunk alike", () => {
  const bytes = fromHex(MESSAGES.join(""))
  const reader = new FrameReader()
  expect(hex([...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte))))).toEqual(MESSAGES)
  expect(hex(new FrameReader().push(bytes))).toEqual(MESSAGES)
})

test.each([Uint8Array, BufferLike])("a chunk may be used again: frames are copies", (Bytes) => {
  const chunk = Bytes.from(fromHex("0408000002010000"))
  const [frame] = new FrameReader().push(chunk)
  chunk.fill(0xff)
  expect(frame && toHex(frame.bytes)).toBe("0408000002010000")
})

test("says how much of a message waits", () => {
  const reader = new FrameReader()
  expect(reader.push(fromHex("050b0000000000"))).toEqual([])
  expect(reader.pendingLength).toBe(7)
  expect(reader.push(fromHex("00090807"))).toHaveLength(1)
  expect(reader.pendingLength).toBe(0)
})

test.each([
  ["a message", { maxFrame: 100 }, "05650000", "tooLarge", "frame too large: 101 bytes, at most 100"],
  ["a blob submission", { maxBlob: 100 }, "0700650000000000", "tooLarge", "blob too large: 101 bytes, at most 100"],
  ["a blob result", { maxBlob: 100 }, "8601ffffffffffff", "tooLarge", "blob too large: 281474976710655 bytes, at most 100"],
  ["a message shorter than its own length", {}, "05030000", "length", "frame length: 3"],
  ["a message of no length", {}, "42000000", "length", "frame length: 0"],
] as const)("refuses %s by its length, before it is there", (_, bounds, head, fault, reason) => {
  const reader = new FrameReader(bounds)
  expect(() => reader.push(fromHex(head))).toThrow(expect.objectContaining({ name: "DecodeError", fault, reason }))
  expect(reader.pendingLength).toBe(0)
  const [first = "", ...rest] = head.match(/../g) ?? []
  const slow = new FrameReader(bounds)
  slow.push(fromHex(first))
  expect(() => rest.forEach((byte) => slow.push(fromHex(byte)))).toThrow(FrameError)
})

test.each([
  ["a message", "05640000", 100],
  ["a blob", "0700640000000000", 140],
])("takes %s of exactly the bound", (_, head, length) => {
  const bytes = new Uint8Array(length)
  bytes.set(fromHex(head))
  expect(hex(new FrameReader({ maxFrame: 100, maxBlob: 100 }).push(bytes))).toEqual([toHex(bytes)])
})

test("frames before a fault stand, and nothing comes after it", () => {
  const reader = new FrameReader({ maxFrame: 100 })
  const caught: unknown[] = []
  for (const chunk of ["040800000201000005ffffff", "0408000002010000"]) {
    try {
      reader.push(fromHex(chunk))
    } catch (error) {
      caught.push(error)
    }
  }
  expect(caught.map((error) => (error instanceof FrameError ? hex(error.frames) : error))).toEqual([["0408000002010000"], []])
})

test("a peer that announces much and sends little costs little", () => {
  // There is no room for what is announced here: whoever reserved it at once would throw a RangeError.
  const reader = new FrameReader({ maxBlob: 2 ** 48 - 1 })
  expect(reader.push(fromHex("0700ffffffffff7f"))).toEqual([])
  expect(reader.push(new Uint8Array(31))).toEqual([])
  expect(reader.pendingLength).toBe(39)
})

test("hands out the header of a blob as soon as it is there, and then its content as it comes, keeping nothing", () => {
  const reader = new FrameReader({ maxBlob: 2 ** 48 - 1 })
  const header = fromHex(`0700ffffffffff7f${"07".repeat(32)}`)
  const chunk = concatBytes(header, new Uint8Array(1000).fill(9))
  const [frame, first, ...others] = reader.push(chunk)
  expect([frame, first, others]).toEqual([
    { type: 0x07, bytes: header },
    { type: "blobPiece", bytes: new Uint8Array(1000).fill(9), isLast: false },
    [],
  ])
  expect(first?.bytes.buffer).toBe(chunk.buffer)
  expect(reader.push(new Uint8Array(5))).toEqual([{ type: "blobPiece", bytes: new Uint8Array(5), isLast: false }])
  expect([reader.pendingLength, reader.missingContent]).toEqual([0, 0x7fff_ffff_ffff - 1005])
})

test("says which piece is the last, also of a blob of no bytes", () => {
  const reader = new FrameReader()
  const header = `8601020000000000${zeros(32)}`
  expect(reader.push(fromHex(`${header}0a`)).map((part) => isBlobPiece(part) && part.isLast)).toEqual([false, false])
  expect(reader.push(fromHex(`0b8601${zeros(38)}04`)).map((part) => isBlobPiece(part) && part.isLast)).toEqual([true, false, true])
  expect(reader.pendingLength).toBe(1)
})

test("a fault after a blob leaves the blob standing", () => {
  const reader = new FrameReader({ maxFrame: 100 })
  const blobHex = `0700010000000000${zeros(32)}0a`
  const fault = (): unknown => reader.push(fromHex(`${blobHex}05ffffff`))
  expect(fault).toThrow(FrameError)
  expect(fault).toThrow(expect.objectContaining({ frames: [] }))
  const again = new FrameReader({ maxFrame: 100 })
  try {
    again.push(fromHex(`${blobHex}05ffffff`))
  } catch (error) {
    expect(error instanceof FrameError && hex(error.frames)).toEqual([blobHex])
  }
})

test("survives hostile input", () => {
  const valid = MESSAGES.map(fromHex)
  const parse = (bytes: Uint8Array): void => {
    const reader = new FrameReader({ maxFrame: 1000, maxBlob: 1000 })
    for (let at = 0; at < bytes.length; at += 7) reader.push(bytes.subarray(at, at + 7))
  }
  expect(feedHostileInput(parse, valid)).toBeGreaterThan(1000)
})

const readAll = (chunks: readonly Uint8Array[]): void => {
  const reader = new FrameReader()
  for (const chunk of chunks) reader.push(chunk)
}
const oneMessage = (size: number): Uint8Array => encodeMessage({ type: "submission", record: new Uint8Array(size) })
const oneBlob = (size: number): Uint8Array =>
  concatBytes(encodeMessage({ type: "blobSubmission", length: size, hash: new Uint8Array(32) }), new Uint8Array(size))

test.each<readonly [string, (size: number) => Uint8Array[]]>([
  ["a long message in single bytes", (size) => Array.from(oneMessage(size), (byte) => Uint8Array.of(byte))],
  ["a long blob in single bytes", (size) => Array.from(oneBlob(size), (byte) => Uint8Array.of(byte))],
  ["many blobs in one chunk", (size) => [concatBytes(...Array.from({ length: size / 8 }, () => oneBlob(16)))]],
  ["many messages in one chunk", (size) => [concatBytes(...Array.from({ length: size / 8 }, () => oneMessage(16)))]],
  [
    "many messages in single bytes",
    (size) => Array.from(concatBytes(...Array.from({ length: size / 24 }, () => oneMessage(16))), (byte) => Uint8Array.of(byte)),
  ],
])("takes time linear in its input: %s", (_, chunks) => {
  expect(growthExponent(8000, chunks, readAll)).toBeLessThan(1.6)
})
