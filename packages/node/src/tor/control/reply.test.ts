import { DecodeError } from "@tessera/mosaic"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../../../../mosaic/test/growth.ts"
import { feedHostileInput } from "../../../../mosaic/test/hostile.ts"
import { type ControlReply, ReplyReader } from "./reply.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const TALK = [
  "250 OK\r\n",
  "650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=5\r\n",
  "250-ServiceID=abc\r\n250 OK\r\n",
  "250+config-text=\r\nDataDirectory /x\r\n..hidden\r\n\r\n.\r\n250 OK\r\n",
  "650-HS_DESC\r\n650 UPLOADED\r\n",
  "551 Unrecognised\r\n",
].join("")

const SAID: readonly ControlReply[] = [
  { status: 250, lines: [{ text: "OK" }] },
  { status: 650, lines: [{ text: "STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=5" }] },
  { status: 250, lines: [{ text: "ServiceID=abc" }, { text: "OK" }] },
  { status: 250, lines: [{ text: "config-text=", data: "DataDirectory /x\n.hidden\n" }, { text: "OK" }] },
  { status: 650, lines: [{ text: "HS_DESC" }, { text: "UPLOADED" }] },
  { status: 551, lines: [{ text: "Unrecognised" }] },
]

test("replies and events are read, wherever the bytes were cut", () => {
  expect(new ReplyReader().push(bytesOf(TALK))).toEqual(SAID)
  fc.assert(
    fc.property(fc.array(fc.nat(TALK.length)), (cuts) => {
      const reader = new ReplyReader()
      const places = [0, ...cuts.sort((a, b) => a - b), TALK.length]
      const heard = places.slice(1).flatMap((end, index) => reader.push(bytesOf(TALK.slice(places[index], end))))
      expect(heard).toEqual(SAID)
    }),
  )
})

test.each(["250 OK\n", "25 OK\r\n", "950 OK\r\n", "250_OK\r\n", "\r\n", "250-a\r\n650 b\r\n", "650-a\r\n250 b\r\n", "HTTP/1.1 200 OK\r\n"])(
  "%j is not the control protocol",
  (text) => {
    expect(() => new ReplyReader().push(bytesOf(text))).toThrow(DecodeError)
  },
)

test("what never ends is refused before it is much", () => {
  const endless = new ReplyReader()
  expect(() => {
    for (let times = 0; times < 100; times += 1) endless.push(new Uint8Array(1_000).fill(0x41))
  }).toThrow("control reply: line too long")
  for (const line of ["250-more\r\n", "250+data\r\nmore\r\n"]) {
    const reader = new ReplyReader()
    reader.push(bytesOf(line))
    expect(() => {
      for (let times = 0; times < 100; times += 1) reader.push(bytesOf("250-more and more\r\n".repeat(1_000)))
    }).toThrow("control reply: too long")
  }
})

test("the time grows with the length alone, also byte by byte", () => {
  const prepare = (size: number): Uint8Array => bytesOf("250 OK and so on\r\n".repeat(size))
  expect(growthExponent(100, prepare, (bytes) => new ReplyReader().push(bytes))).toBeLessThan(1.4)
  const line = (size: number): Uint8Array => bytesOf(`250 ${"x".repeat(size)}\r\n`)
  const byBytes = (bytes: Uint8Array): void => {
    const reader = new ReplyReader()
    for (let at = 0; at < bytes.length; at += 1) reader.push(bytes.subarray(at, at + 1))
  }
  expect(growthExponent(800, line, byBytes)).toBeLessThan(1.4)
})

test("hostile bytes are read or refused", () => {
  const accepted = feedHostileInput((bytes) => new ReplyReader().push(bytes), [bytesOf(TALK)], { runs: 50_000 })
  expect(accepted).toBeGreaterThan(1_000)
})
