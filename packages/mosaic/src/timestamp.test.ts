import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../test/arbitrary.ts"
import { feedHostileInput } from "../test/hostile.ts"
import { fromHex, toHex } from "./bytes.ts"
import {
  MAX_TIMESTAMP,
  ZERO_TIMESTAMP,
  decodeTimestamp,
  encodeTimestamp,
  formatTimestamp,
  isTimestamp,
  parseTimestamp,
  timestampFromUnixMillis,
  timestampToUnixMillis,
} from "./timestamp.ts"

const SECOND = 1_000_000_000n
const at = (text: string): number => Date.parse(text)
const elapsed = (seconds: bigint, nanos = 0n) => parseTimestamp(seconds * SECOND + nanos)

test("the specification's example: 1732829887 is 1_732_829_915_000_000_000", () => {
  const timestamp = timestampFromUnixMillis(1_732_829_887_000)
  expect(timestamp).toBe(1_732_829_915_000_000_000n)
  expect(toHex(encodeTimestamp(timestamp))).toBe("180c3fa073bece00")
  expect(timestampToUnixMillis(timestamp)).toBe(1_732_829_887_000)
  expect(formatTimestamp(timestamp)).toBe("2024-11-28T21:38:07.000000000Z")
})

test("before 1972 timestamps are Unix time", () => {
  expect(timestampFromUnixMillis(0)).toBe(0n)
  const last = at("1971-12-31T23:59:59.999Z")
  expect(timestampFromUnixMillis(last)).toBe(BigInt(last) * 1_000_000n)
})

// First second after each leap second of the IANA list, and how many have passed by then.
test.each([
  ["1972-01-01", 1],
  ["1972-07-01", 2],
  ["1973-01-01", 3],
  ["1974-01-01", 4],
  ["1975-01-01", 5],
  ["1976-01-01", 6],
  ["1977-01-01", 7],
  ["1978-01-01", 8],
  ["1979-01-01", 9],
  ["1980-01-01", 10],
  ["1981-07-01", 11],
  ["1982-07-01", 12],
  ["1983-07-01", 13],
  ["1985-07-01", 14],
  ["1988-01-01", 15],
  ["1990-01-01", 16],
  ["1991-01-01", 17],
  ["1992-07-01", 18],
  ["1993-07-01", 19],
  ["1994-07-01", 20],
  ["1996-01-01", 21],
  ["1997-07-01", 22],
  ["1999-01-01", 23],
  ["2006-01-01", 24],
  ["2009-01-01", 25],
  ["2012-07-01", 26],
  ["2015-07-01", 27],
  ["2017-01-01", 28],
] as const)("from %s on %i leap seconds have passed", (day, leaps) => {
  const start = at(`${day}T00:00:00Z`)
  expect(timestampFromUnixMillis(start)).toBe(BigInt(start / 1000 + leaps) * SECOND)
  expect(timestampFromUnixMillis(start - 1)).toBe(BigInt(start / 1000 + leaps - 1) * SECOND - 1_000_000n)
  expect(timestampToUnixMillis(timestampFromUnixMillis(start))).toBe(start)
  expect(timestampToUnixMillis(timestampFromUnixMillis(start - 1))).toBe(start - 1)
})

test("a leap second has its own timestamps; Unix time waits for the next second", () => {
  const next = BigInt(at("2017-01-01T00:00:00Z") / 1000)
  const last = elapsed(next + 27n, -1n)
  const [first, middle, end] = [elapsed(next + 27n), elapsed(next + 27n, 500_000_000n), elapsed(next + 28n, -1n)]
  expect(formatTimestamp(last)).toBe("2016-12-31T23:59:59.999999999Z")
  expect(formatTimestamp(first)).toBe("2016-12-31T23:59:60.000000000Z")
  expect(formatTimestamp(middle)).toBe("2016-12-31T23:59:60.500000000Z")
  expect(formatTimestamp(end)).toBe("2016-12-31T23:59:60.999999999Z")
  expect(formatTimestamp(elapsed(next + 28n))).toBe("2017-01-01T00:00:00.000000000Z")
  for (const inside of [first, middle, end]) expect(timestampToUnixMillis(inside)).toBe(Number(next) * 1000)
})

test("Unix time never runs backwards as timestamps grow", () => {
  const around = fc.bigInt(78_796_795n, 78_796_810n)
  fc.assert(
    fc.property(
      fc.oneof(
        arbitrary.timestamp,
        around.map((second) => elapsed(second)),
      ),
      fc.bigInt(0n, 3n * SECOND),
      (timestamp, more) => {
        const later = timestamp + more
        if (isTimestamp(later)) expect(timestampToUnixMillis(later)).toBeGreaterThanOrEqual(timestampToUnixMillis(timestamp))
      },
    ),
    { numRuns: 1000 },
  )
})

test("milliseconds and their fractions survive the way there and back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: at("2200-01-01T00:00:00Z") }), fc.integer({ min: 0, max: 4095 }), (millis, fraction) => {
      const exact = millis + fraction / 4096
      expect(timestampToUnixMillis(timestampFromUnixMillis(millis))).toBe(millis)
      // A nanosecond is the finest that is kept; today's doubles are coarser than that.
      expect(Math.abs(timestampToUnixMillis(timestampFromUnixMillis(exact)) - exact)).toBeLessThanOrEqual(1e-6)
    }),
  )
  const now = 1_760_000_000_123.25
  expect(timestampToUnixMillis(timestampFromUnixMillis(now))).toBe(now)
  expect(timestampFromUnixMillis(0.000001)).toBe(1n)
})

test("8 bytes read back as they were written", () => {
  fc.assert(
    fc.property(arbitrary.timestamp, fc.nat(5), (timestamp, offset) => {
      const bytes = new Uint8Array(offset + 8)
      bytes.set(encodeTimestamp(timestamp), offset)
      expect(decodeTimestamp(bytes, offset)).toBe(timestamp)
      expect(parseTimestamp(timestamp)).toBe(timestamp)
    }),
  )
})

test("bounds are kept", () => {
  expect(ZERO_TIMESTAMP).toBe(0n)
  expect(MAX_TIMESTAMP).toBe(2n ** 63n - 1n)
  expect(formatTimestamp(MAX_TIMESTAMP)).toBe("2262-04-11T23:46:48.854775807Z")
  expect(() => parseTimestamp(-1n)).toThrow("timestamp")
  expect(() => parseTimestamp(2n ** 63n)).toThrow("timestamp")
  expect(() => decodeTimestamp(fromHex("8000000000000000"))).toThrow(expect.objectContaining({ name: "DecodeError", reason: "timestamp" }))
  expect(() => decodeTimestamp(fromHex("00000000000000"))).toThrow("8 bytes expected")
  expect(() => decodeTimestamp(fromHex("0000000000000000"), 1)).toThrow("8 bytes expected")
  for (const millis of [-1, Number.NaN, Infinity, 1e17]) expect(() => timestampFromUnixMillis(millis)).toThrow(RangeError)
})

test("bytes from strangers are refused cleanly or read", () => {
  expect(
    feedHostileInput((bytes) => formatTimestamp(decodeTimestamp(bytes)), [fromHex("180c3fa073bece00"), fromHex("7fffffffffffffff")]),
  ).toBeGreaterThan(1000)
})
