import { DecodeError } from "../errors.ts"

/**
 * Reads a bit stream from its end to its start, as entropy-coded streams are written: the highest set bit of the last byte
 * only marks where the stream ends. (RFC 8878, 4.1 and 4.2.2)
 */
export class BackwardBits {
  readonly #bytes: Uint8Array
  #position: number

  /** @throws {DecodeError} when the stream is empty or has no end mark. */
  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0
    if (last === 0) throw new DecodeError("ZSTD: bit stream without an end")
    this.#bytes = bytes
    this.#position = 8 * bytes.length - 8 + highestBit(last)
  }

  /** Bits left; negative once {@link BackwardBits.skip} or {@link BackwardBits.readPadded} went past the start. */
  get position(): number {
    return this.#position
  }

  /** The next `count` bits, at most 31. @throws {DecodeError} when fewer are left. */
  read(count: number): number {
    if (count > this.#position) throw new DecodeError("ZSTD: bit stream too short")
    return this.readPadded(count)
  }

  /** As {@link BackwardBits.read}, with zeros for what is missing. */
  readPadded(count: number): number {
    if (count > 16) return this.readPadded(count - 16) * 0x1_0000 + this.readPadded(16)
    const value = this.peek(count)
    this.#position -= count
    return value
  }

  /** What the next `count` bits, at most 16, will be, with zeros for what is missing. */
  peek(count: number): number {
    const at = this.#position - count
    if (at < 0) return at <= -count ? 0 : (this.#at(0) & ((1 << (count + at)) - 1)) << -at
    return this.#at(at) & ((1 << count) - 1)
  }

  skip(count: number): void {
    this.#position -= count
  }

  /** At least 16 bits from bit `at` on. */
  #at(at: number): number {
    const index = at >> 3
    const bytes = this.#bytes
    return (((bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8) | ((bytes[index + 2] ?? 0) << 16)) >> (at & 7)) & 0xffff
  }
}

/** The index of the highest set bit of a positive 32-bit number. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value)
}
