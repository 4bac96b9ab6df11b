import { plainBytes } from "./bytes.ts"
import { DecodeError } from "./errors.ts"

/** Reads fields in wire order from bytes that it does not copy; it never reads past their end. */
export class ByteReader {
  /** All of the input. */
  readonly bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.bytes = plainBytes(bytes)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.#offset
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.bytes.length - this.#offset
  }

  /** One byte. @throws {DecodeError} `truncated` at the end, as all reading methods. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  /** 16 bits, little-endian. */
  u16LE(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  /** 24 bits, little-endian. */
  u24LE(): number {
    const at = this.#advance(3)
    return this.#view.getUint16(at, true) + this.#view.getUint8(at + 2) * 0x1_0000
  }

  /** 32 bits, little-endian. */
  u32LE(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  /** 48 bits, little-endian, exact in a double. */
  u48LE(): number {
    const at = this.#advance(6)
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 0x1_0000_0000
  }

  /** 64 bits, big-endian. */
  u64BE(): bigint {
    return this.#view.getBigUint64(this.#advance(8))
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Skips `length` bytes that must be zero. @throws {DecodeError} `not zero` where one is not. */
  zeros(length: number): void {
    const start = this.#offset
    const index = this.take(length).findIndex((byte) => byte !== 0)
    if (index >= 0) throw new DecodeError("not zero", start + index)
  }

  /** Says that the input is over. @throws {DecodeError} `trailing bytes` when something is left. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError("trailing bytes", this.#offset)
  }

  #advance(length: number): number {
    if (length < 0 || length > this.remaining) throw new DecodeError("truncated", this.#offset)
    const at = this.#offset
    this.#offset += length
    return at
  }
}
