import { DecodeError } from "@tessera/mosaic"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { feedHostileInput } from "../../../../mosaic/test/hostile.ts"
import { SocksHandshake, type SocksStep } from "./handshake.ts"

const request = { host: "example.onion", port: 0x1234, isolation: "anna" }

/** Goes through the handshake as far as the proxy's last word. */
function begun(): SocksHandshake {
  const handshake = new SocksHandshake(request)
  handshake.push(Uint8Array.of(5, 2))
  handshake.push(Uint8Array.of(1, 0))
  return handshake
}

/** What `push` comes to when the bytes arrive in pieces. */
function pushAll(handshake: SocksHandshake, pieces: readonly Uint8Array[]): SocksStep | undefined {
  return pieces.map((piece) => handshake.push(piece)).find(({ type }) => type !== "more")
}

test("the client says what RFC 1928 and RFC 1929 lay down", () => {
  const handshake = new SocksHandshake(request)
  const text = (word: string): number[] => [...new TextEncoder().encode(word)]
  expect(handshake.greeting).toEqual(Uint8Array.of(5, 1, 2))
  expect(handshake.push(Uint8Array.of(5))).toEqual({ type: "more" })
  expect(handshake.push(Uint8Array.of(2))).toEqual({ type: "send", bytes: Uint8Array.of(1, 4, ...text("anna"), 1, 0x78) })
  const asked = Uint8Array.of(5, 1, 0, 3, 13, ...text("example.onion"), 0x12, 0x34)
  expect(handshake.push(Uint8Array.of(1, 0))).toEqual({ type: "send", bytes: asked })
})

test("the answer may come in any pieces, with bytes of the stream behind it", () => {
  const answers = [
    [5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    [5, 0, 0, 4, ...new Array<number>(18).fill(0)],
    [5, 0, 0, 3, 2, 0x61, 0x62, 0, 0],
  ]
  for (const answer of answers) {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(answer.length), (rest, cut) => {
        const all = Uint8Array.of(...answer, ...rest)
        const step = pushAll(begun(), [all.subarray(0, cut), all.subarray(cut)])
        expect(step).toEqual({ type: "connected", rest: cut === answer.length ? new Uint8Array() : rest })
      }),
    )
  }
  expect(begun().push(Uint8Array.of(5, 0xf4, 0, 1, 0))).toEqual({ type: "refused", code: 0xf4 })
})

test("a proxy that speaks otherwise is refused", () => {
  for (const bytes of [
    [4, 2],
    [5, 0],
    [5, 0xff],
    [5, 2, 1],
  ])
    expect(() => new SocksHandshake(request).push(Uint8Array.from(bytes))).toThrow(DecodeError)
  for (const bytes of [
    [4, 0, 0, 1, 0],
    [5, 0, 1, 1, 0],
    [5, 0, 0, 2, 0],
  ])
    expect(() => begun().push(Uint8Array.from(bytes))).toThrow(DecodeError)
})

test("what cannot be asked for is the caller's mistake", () => {
  for (const wrong of [
    { host: "" },
    { host: "x".repeat(256) },
    { host: "a b" },
    { host: "é" },
    { port: 0 },
    { port: 65_536 },
    { isolation: "" },
  ])
    expect(() => new SocksHandshake({ ...request, ...wrong })).toThrow(RangeError)
})

test("hostile bytes are read or refused", () => {
  const good = [Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0), Uint8Array.of(5, 0xf0, 0, 3, 2, 0x61, 0x62, 0, 0)]
  expect(feedHostileInput((bytes) => begun().push(bytes), good, { runs: 30_000 })).toBeGreaterThan(1_000)
})
