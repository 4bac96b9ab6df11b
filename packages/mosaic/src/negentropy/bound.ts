import { compareBytes } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import type { ByteReader } from "../byte-reader.ts"
import type { ByteWriter } from "../byte-writer.ts"
import { MAX_VARINT, MAX_VARINT_LENGTH, readCount, readVarint, writeVarint } from "./varint.ts"

/** Ids are 32 bytes. Of a Mosaic record: the first 32 of its id. */
export const ITEM_ID_LENGTH = 32

/** An item as it is sorted: its timestamp, big-endian, then its id. */
export const ITEM_KEY_LENGTH = 8 + ITEM_ID_LENGTH

/** The timestamp that stands for the end of everything; no item has it. */
export const INFINITE_TIMESTAMP = MAX_VARINT

/** Where a range ends: before the first item that is not less than this. Missing bytes of the prefix are zeros. */
export interface Bound {
  readonly timestamp: bigint
  /** 0 to 32 bytes. */
  readonly idPrefix: Uint8Array
}

/** Behind every item. */
export const END: Bound = { timestamp: INFINITE_TIMESTAMP, idPrefix: new Uint8Array(0) }

/** The most bytes that a bound has on the wire. */
export const MAX_BOUND_LENGTH = MAX_VARINT_LENGTH + 1 + ITEM_ID_LENGTH

/** A bound in the form in which items are sorted. */
export function boundKey({ timestamp, idPrefix }: Bound): Uint8Array {
  const key = new Uint8Array(ITEM_KEY_LENGTH)
  new DataView(key.buffer).setBigUint64(0, timestamp)
  key.set(idPrefix, 8)
  return key
}

/** The shortest bound that has `before` in front of it and `after` behind it; both are items as they are sorted. */
export function boundBetween(before: Uint8Array, after: Uint8Array): Bound {
  let same = 0
  while (same < ITEM_KEY_LENGTH && before[same] === after[same]) same += 1
  const timestamp = new DataView(after.buffer, after.byteOffset).getBigUint64(0)
  return { timestamp, idPrefix: same < 8 ? new Uint8Array(0) : after.slice(8, same + 1) }
}

/** Timestamps are written as differences to the one before; each message begins at zero. */
export class BoundWriter {
  #last = 0n

  write(writer: ByteWriter, { timestamp, idPrefix }: Bound): void {
    writeVarint(writer, timestamp === INFINITE_TIMESTAMP ? 0 : timestamp - this.#last + 1n)
    this.#last = timestamp
    writeVarint(writer, idPrefix.length)
    writer.raw(idPrefix)
  }
}

/** Reads the bounds of one message. */
export class BoundReader {
  #last = 0n
  #lastKey: Uint8Array = new Uint8Array(0)

  /** @throws {DecodeError} `bound order` when it lies before the last one or behind the end; `bound timestamp` beyond 64 bits; a length above 32. */
  read(reader: ByteReader): Bound {
    const start = reader.offset
    if (this.#last === INFINITE_TIMESTAMP) throw new DecodeError("bound order: behind the end", start)
    const difference = readVarint(reader)
    const timestamp = difference === 0n ? INFINITE_TIMESTAMP : this.#last + difference - 1n
    if (difference > 0n && timestamp >= INFINITE_TIMESTAMP) throw new DecodeError("bound timestamp: beyond 64 bits", start)
    const bound = { timestamp, idPrefix: reader.take(readCount(reader, ITEM_ID_LENGTH)) }
    const key = boundKey(bound)
    if (compareBytes(key, this.#lastKey) < 0) throw new DecodeError("bound order: before the last one", start)
    this.#last = timestamp
    this.#lastKey = key
    return bound
  }
}
