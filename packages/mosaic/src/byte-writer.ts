/** Writes fields in wire order into bytes that grow up to a bound given at the start. */
export class ByteWriter {
  readonly #limit: number
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  /** @param limit the most bytes that may be written. */
  constructor(limit: number) {
    this.#limit = limit
    this.#bytes = new Uint8Array(Math.min(limit, 64))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length
  }

  /** One byte. @throws {RangeError} beyond the bound, as all writing methods, or for a value that does not fit. */
  u8(value: number): this {
    return this.#little(value, 1)
  }

  /** 16 bits, little-endian. */
  u16LE(value: number): this {
    return this.#little(value, 2)
  }

  /** 24 bits, little-endian. */
  u24LE(value: number): this {
    return this.#little(value, 3)
  }

  /** 32 bits, little-endian. */
  u32LE(value: number): this {
    return this.#little(value, 4)
  }

  /** 48 bits, little-endian. */
  u48LE(value: number): this {
    return this.#little(value, 6)
  }

  /** 64 bits, big-endian. */
  u64BE(value: bigint): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`not an unsigned 64-bit integer: ${value}`)
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value)
    return this
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** So many zero bytes. */
  zeros(length: number): this {
    this.#grow(length)
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #little(value: number, size: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`not an unsigned ${8 * size}-bit integer: ${value}`)
    }
    const at = this.#grow(size)
    let rest = value
    for (let i = 0; i < size; i += 1) {
      this.#bytes[at + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    return this
  }

  #grow(length: number): number {
    const at = this.#length
    const wanted = at + length
    if (wanted > this.#limit) throw new RangeError(`${wanted} bytes, at most ${this.#limit} fit`)
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(wanted, 2 * this.#bytes.length)))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    this.#length = wanted
    return at
  }
}
