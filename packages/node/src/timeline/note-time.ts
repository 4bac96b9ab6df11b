import { parseTimestamp, timestampFromUnixMillis, timestampToUnixMillis } from "@tessera/mosaic"
import type { Timestamp, VerifiedRecord } from "@tessera/mosaic"

/** Microseconds since the Unix epoch. */
export type Micros = number

/** Before this nobody wrote notes on Mosaic: 2024-01-01. */
const BEGINNING = timestampFromUnixMillis(1_704_067_200_000)

export function microsOf(timestamp: Timestamp): Micros {
  return Math.round(timestampToUnixMillis(timestamp) * 1_000)
}

/**
 * When a note was first written, as far as one version of it tells: its own time, or the time in its address when that is a plausible one
 * (an address may be made from anything, but most are made from the time).
 */
export function firstWritten(record: VerifiedRecord): Micros {
  const inAddress = new DataView(record.nonce.buffer, record.nonce.byteOffset, 8).getBigUint64(0) & ((1n << 63n) - 1n)
  const isPlausible = inAddress >= BEGINNING && inAddress <= record.timestamp
  return microsOf(isPlausible ? parseTimestamp(inAddress) : record.timestamp)
}
