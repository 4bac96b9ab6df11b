import type { Brand } from "./brand.ts"
import { formatDay, formatTimeOfDay } from "./calendar.ts"
import { DecodeError } from "./errors.ts"
import { leapAtUnix, unixAtElapsed } from "./leap-seconds.ts"

/** Nanoseconds that have really elapsed since 1970-01-01T00:00Z, leap seconds included: 0 to 2^63 - 1. (Specification: timestamps) */
export type Timestamp = Brand<bigint, "Timestamp">

const MAX = (1n << 63n) - 1n
const MILLISECOND = 1_000_000n
const SECOND = 1_000_000_000n

/** The epoch; in several tables of the specification it stands for "none". */
export const ZERO_TIMESTAMP: Timestamp = parseTimestamp(0n)

/** The last timestamp, in the year 2262: the first bit must be 0, so that ids can be told from addresses. */
export const MAX_TIMESTAMP: Timestamp = parseTimestamp(MAX)

/** Tells whether a number is within the bounds of a timestamp. */
export function isTimestamp(value: bigint): value is Timestamp {
  return value >= 0n && value <= MAX
}

/** @throws {DecodeError} `timestamp` beyond its bounds. */
export function parseTimestamp(value: bigint): Timestamp {
  if (!isTimestamp(value)) throw new DecodeError("timestamp")
  return value
}

/** Encodes a timestamp as 8 bytes, big-endian. */
export function encodeTimestamp(timestamp: Timestamp): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, timestamp)
  return bytes
}

/**
 * Decodes 8 bytes, big-endian, at `offset`.
 *
 * @throws {DecodeError} `timestamp` when the first bit is set or bytes are missing.
 */
export function decodeTimestamp(bytes: Uint8Array, offset = 0): Timestamp {
  if (bytes.length - offset < 8) throw new DecodeError("timestamp: 8 bytes expected", offset)
  const value = new DataView(bytes.buffer, bytes.byteOffset + offset, 8).getBigUint64(0)
  if (!isTimestamp(value)) throw new DecodeError("timestamp", offset)
  return value
}

/**
 * The timestamp of a Unix time in milliseconds, as `Date.now()` gives it; fractions are kept as far as the double carries them.
 *
 * @throws {RangeError} for what is not a number, before 1970 or after 2262.
 */
export function timestampFromUnixMillis(millis: number): Timestamp {
  if (!Number.isFinite(millis)) throw new RangeError(`millis is not a time: ${millis}`)
  const whole = Math.floor(millis)
  const unix = BigInt(whole) * MILLISECOND + BigInt(Math.round((millis - whole) * 1e6))
  const value = unix + leapAtUnix(unix)
  if (!isTimestamp(value)) throw new RangeError(`millis is outside of 1970 to 2262: ${millis}`)
  return value
}

/** The Unix time in milliseconds, with fractions. Within a leap second, which Unix time cannot name, it is the start of the second that follows. */
export function timestampToUnixMillis(timestamp: Timestamp): number {
  const { unix } = unixAtElapsed(timestamp)
  return Number(unix / MILLISECOND) + Number(unix % MILLISECOND) / 1e6
}

/** Writes a timestamp as ISO 8601 in UTC with nine decimals; a leap second is `23:59:60`. */
export function formatTimestamp(timestamp: Timestamp): string {
  const { unix, intoLeap } = unixAtElapsed(timestamp)
  const decimals = (nanos: bigint): string => (nanos % SECOND).toString().padStart(9, "0")
  if (intoLeap === undefined) return `${isoSeconds(unix)}.${decimals(unix)}Z`
  return `${isoSeconds(unix - 1n).slice(0, -2)}60.${decimals(intoLeap)}Z`
}

function isoSeconds(unix: bigint): string {
  const seconds = Number(unix / SECOND)
  return `${formatDay(Math.floor(seconds / 86_400))}T${formatTimeOfDay(seconds % 86_400)}`
}
