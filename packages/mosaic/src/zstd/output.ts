import { DecodeError } from "../errors.ts"

/** Decompressed bytes: they grow with what really comes, never beyond the limit, and each block has a bound of its own. */
export class Output {
  readonly #limit: number
  #bytes: Uint8Array
  #length = 0
  #frameStart = 0
  #blockEnd = 0

  /** @param limit the most bytes that may come. */
  constructor(limit: number) {
    this.#limit = limit
    this.#bytes = new Uint8Array(0)
  }

  get length(): number {
    return this.#length
  }

  /** Copies reach back to here, no further. @param declared the length that the frame claims to have. @throws {DecodeError} `payload too large`. */
  startFrame(declared: number | undefined): void {
    if (declared !== undefined && declared > this.#limit - this.#length) throw this.#tooLarge()
    this.#frameStart = this.#length
  }

  /** From here on at most `maxLength` bytes. */
  startBlock(maxLength: number): void {
    this.#blockEnd = this.#length + maxLength
  }

  append(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
  }

  fill(byte: number, length: number): void {
    const at = this.#grow(length)
    this.#bytes.fill(byte, at, at + length)
  }

  /** Repeats `length` bytes from `offset` back; they may overlap what is being written. @throws {DecodeError} when nothing is there. */
  repeat(offset: number, length: number): void {
    if (offset < 1 || offset > this.#length - this.#frameStart) throw new DecodeError("ZSTD: offset")
    const at = this.#grow(length)
    const bytes = this.#bytes
    if (offset >= length) bytes.copyWithin(at, at - offset, at - offset + length)
    else for (let i = at; i < at + length; i += 1) bytes[i] = bytes[i - offset] ?? 0
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(length: number): number {
    const at = this.#length
    const wanted = at + length
    if (wanted > this.#limit) throw this.#tooLarge()
    if (wanted > this.#blockEnd) throw new DecodeError("ZSTD: block too large")
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(wanted, 2 * this.#bytes.length, 1024)))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    this.#length = wanted
    return at
  }

  #tooLarge(): DecodeError {
    return new DecodeError(`payload too large: decompressed more than ${this.#limit} bytes`)
  }
}
