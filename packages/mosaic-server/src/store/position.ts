import { type Filter, type Timestamp, compareBytes, encodeTimestamp } from "@tessera/mosaic"

/**
 * Where a record stands in time: the first 16 bytes of its id, which are its timestamp and 8 bytes of its hash. Indexes hold these instead of all 48;
 * the few records that could share a position are put in order by their whole ids when they are read.
 */
export const POSITION_LENGTH = 16

/** The position of the record with this id. */
export function positionOf(id: Uint8Array): Uint8Array {
  return id.slice(0, POSITION_LENGTH)
}

/** The first position that a record of this time can have. */
export function oldestAt(timestamp: Timestamp): Uint8Array {
  return position(timestamp, 0)
}

/** The last position that a record of this time can have. */
export function newestAt(timestamp: Timestamp): Uint8Array {
  return position(timestamp, 0xff)
}

/** A stretch of positions, both ends included; empty when `oldest` is greater. */
export interface Stretch {
  readonly newest: Uint8Array
  readonly oldest: Uint8Array
}

/** The stretch to which `since` and `until` confine a filter. */
export function stretchOf({ since, until }: Filter): Stretch {
  return {
    newest: until === undefined ? new Uint8Array(POSITION_LENGTH).fill(0xff) : newestAt(until),
    oldest: since === undefined ? new Uint8Array(POSITION_LENGTH) : oldestAt(since),
  }
}

/** What two stretches have in common. */
export function overlap(a: Stretch, b: Stretch): Stretch {
  return {
    newest: compareBytes(a.newest, b.newest) < 0 ? a.newest : b.newest,
    oldest: compareBytes(a.oldest, b.oldest) > 0 ? a.oldest : b.oldest,
  }
}

function position(timestamp: Timestamp, fill: number): Uint8Array {
  const bytes = new Uint8Array(POSITION_LENGTH).fill(fill)
  bytes.set(encodeTimestamp(timestamp))
  return bytes
}
