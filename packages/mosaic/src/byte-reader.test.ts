import * as fc from "fast-check"
import { expect, test } from "vitest"
import { ByteReader } from "./byte-reader.ts"
import { ByteWriter } from "./byte-writer.ts"

const unsigned = (bits: number): fc.Arbitrary<number> => fc.maxSafeNat().map((value) => value % 2 ** bits)

test("numbers read back as they were written", () => {
  fc.assert(
    fc.property(
      unsigned(8),
      unsigned(16),
      unsigned(24),
      unsigned(32),
      unsigned(48),
      fc.bigInt(0n, 2n ** 64n - 1n),
      fc.uint8Array(),
      (a, b, c, d, e, f, raw) => {
        const bytes = new ByteWriter(1000).u8(a).u16LE(b).u24LE(c).u32LE(d).u48LE(e).u64BE(f).zeros(3).raw(raw).finish()
        const reader = new ByteReader(bytes)
        expect([reader.u8(), reader.u16LE(), reader.u24LE(), reader.u32LE(), reader.u48LE(), reader.u64BE()]).toEqual([a, b, c, d, e, f])
        reader.zeros(3)
        expect(reader.take(reader.remaining)).toEqual(raw)
        reader.end()
      },
    ),
  )
})

test("little-endian is little-endian", () => {
  expect(new ByteWriter(20).u16LE(0x0102).u24LE(0x030405).u32LE(0x06070809).u48LE(0x0a0b0c0d0e0f).finish()).toEqual(
    Uint8Array.of(2, 1, 5, 4, 3, 9, 8, 7, 6, 15, 14, 13, 12, 11, 10),
  )
})

test("reading never goes past the end", () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3))
  reader.u8()
  expect(() => reader.u24LE()).toThrow(expect.objectContaining({ name: "DecodeError", reason: "truncated", offset: 1 }))
  expect(() => reader.take(-1)).toThrow("truncated")
  expect(() => reader.end()).toThrow("trailing bytes")
  expect(() => reader.zeros(2)).toThrow(expect.objectContaining({ reason: "not zero", offset: 1 }))
})

test("a view into a larger buffer reads its own bytes", () => {
  expect(new ByteReader(new Uint8Array(16).fill(7, 4).subarray(4, 12)).u64BE()).toBe(0x0707070707070707n)
})

test("writing keeps its bound and refuses what does not fit", () => {
  const writer = new ByteWriter(100).raw(new Uint8Array(99))
  expect(() => writer.u16LE(0)).toThrow(RangeError)
  expect(writer.u8(255).length).toBe(100)
  expect(() => new ByteWriter(9).u8(256)).toThrow(RangeError)
  expect(() => new ByteWriter(9).u16LE(-1)).toThrow(RangeError)
  expect(() => new ByteWriter(9).u32LE(0.5)).toThrow(RangeError)
  expect(() => new ByteWriter(9).u64BE(1n << 64n)).toThrow(RangeError)
})
