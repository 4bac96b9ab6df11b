import { ByteReader } from "../byte-reader.ts"
import { ByteWriter } from "../byte-writer.ts"
import { DecodeError } from "../errors.ts"
import { type Bound, BoundReader, BoundWriter, ITEM_ID_LENGTH, MAX_BOUND_LENGTH } from "./bound.ts"
import { MAX_VARINT_LENGTH, readCount, readVarint, writeVarint } from "./varint.ts"

/** The first byte of every message: negentropy protocol 1. Version 2 would be the next byte, and so on up to 0x6f. */
export const PROTOCOL_VERSION = 0x61

export const FINGERPRINT_LENGTH = 16

const MODE = { SKIP: 0, FINGERPRINT: 1, ID_LIST: 2 } as const

/** One piece of the order of all items: from where the last range ends up to, and without, `upper`; and what the sender has in it. */
export type Range =
  /** Not to be looked at any more. */
  | { readonly mode: "skip"; readonly upper: Bound }
  | { readonly mode: "fingerprint"; readonly upper: Bound; readonly fingerprint: Uint8Array }
  /** All that the sender has there; ids one after the other. */
  | { readonly mode: "idList"; readonly upper: Bound; readonly ids: Uint8Array }

/** The most bytes of a range, ids apart, with a range to skip in front of it. */
export const MAX_RANGE_LENGTH = 2 * (MAX_BOUND_LENGTH + 1) + Math.max(FINGERPRINT_LENGTH, MAX_VARINT_LENGTH)

/**
 * Reads the ranges of a message, behind its version byte, one by one. Ids and fingerprints are views into `message`.
 *
 * @throws {DecodeError} `truncated`, `varint`, `count`, `bound order`, `bound timestamp`, `range mode`.
 */
export function* readRanges(message: Uint8Array): Generator<Range, void, void> {
  const reader = new ByteReader(message)
  reader.u8()
  const bounds = new BoundReader()
  while (reader.remaining > 0) {
    const upper = bounds.read(reader)
    const start = reader.offset
    const mode = Number(readVarint(reader))
    if (mode === MODE.SKIP) yield { mode: "skip", upper }
    else if (mode === MODE.FINGERPRINT) yield { mode: "fingerprint", upper, fingerprint: reader.take(FINGERPRINT_LENGTH) }
    else if (mode === MODE.ID_LIST) {
      const count = readCount(reader, Math.floor(reader.remaining / ITEM_ID_LENGTH))
      yield { mode: "idList", upper, ids: reader.take(count * ITEM_ID_LENGTH) }
    } else throw new DecodeError("range mode", start)
  }
}

/** Writes a message. Ranges to skip are joined, and left out at the end. */
export class RangeWriter {
  readonly #writer: ByteWriter
  readonly #bounds = new BoundWriter()
  #skipped: Bound | undefined
  #ranges = 0

  /** @param limit the most bytes of the message. */
  constructor(limit: number) {
    this.#writer = new ByteWriter(limit).u8(PROTOCOL_VERSION)
  }

  /** Bytes so far. */
  get length(): number {
    return this.#writer.length
  }

  /** Whether nothing but ranges to skip was written. */
  get isEmpty(): boolean {
    return this.#ranges === 0
  }

  skip(upper: Bound): void {
    this.#skipped = upper
  }

  fingerprint(upper: Bound, fingerprint: Uint8Array): void {
    this.#begin(upper, MODE.FINGERPRINT).raw(fingerprint)
  }

  /** @param ids one after the other. */
  idList(upper: Bound, ids: Uint8Array): void {
    const writer = this.#begin(upper, MODE.ID_LIST)
    writeVarint(writer, ids.length / ITEM_ID_LENGTH)
    writer.raw(ids)
  }

  finish(): Uint8Array {
    return this.#writer.finish()
  }

  #begin(upper: Bound, mode: number): ByteWriter {
    if (this.#skipped !== undefined) this.#write(this.#skipped, MODE.SKIP)
    this.#skipped = undefined
    this.#ranges += 1
    return this.#write(upper, mode)
  }

  #write(upper: Bound, mode: number): ByteWriter {
    this.#bounds.write(this.#writer, upper)
    return this.#writer.u8(mode)
  }
}
