/** A fast seeded generator (xorshift128), and what it makes of good inputs: many small changes a second, the same for the same seed. */
export class Source {
  #a: number
  #b: number
  #c = 0x9e37_79b9
  #d = 0x243f_6a88

  constructor(seed: number) {
    this.#a = seed >>> 0 || 1
    this.#b = Math.floor(seed / 2 ** 32) >>> 0 || 2
    for (let round = 0; round < 20; round += 1) this.next()
  }

  /** 32 bits. */
  next(): number {
    let t = this.#a
    t ^= t << 11
    t ^= t >>> 8
    this.#a = this.#b
    this.#b = this.#c
    this.#c = this.#d
    this.#d = (this.#d ^ (this.#d >>> 19) ^ t) >>> 0
    return this.#d
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.next() / 2 ** 32) * bound)
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)]
    if (choice === undefined) throw new RangeError("nothing to pick from")
    return choice
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index += 1) bytes[index] = this.next()
    return bytes
  }

  /** One to three changes of a good input; now and then random bytes, or the input as it is. */
  mutate(good: readonly Uint8Array[]): Uint8Array {
    const way = this.below(16)
    if (way === 0) return this.bytes(this.below(120))
    let bytes: Uint8Array = this.pick(good).slice()
    if (way === 1) return bytes
    for (let times = 1 + this.below(3); times > 0; times -= 1) bytes = this.#change(bytes, good)
    return bytes
  }

  #change(bytes: Uint8Array, good: readonly Uint8Array[]): Uint8Array {
    const at = this.below(bytes.length + 1)
    const to = Math.min(bytes.length, at + 1 + this.below(16))
    switch (this.below(10)) {
      case 0:
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.below(8))
        return bytes
      case 2:
        bytes[at] = this.next()
        return bytes
      case 3:
        bytes.fill(this.pick(EXTREMES), at, to)
        return bytes
      case 4:
        return bytes.subarray(0, at)
      case 5:
        return join(bytes, this.bytes(this.below(16)))
      case 6:
        return join(bytes.subarray(0, at), this.bytes(1 + this.below(16)), bytes.subarray(at))
      case 7:
        return join(bytes.subarray(0, at), bytes.subarray(to))
      case 8:
        return join(bytes.subarray(0, to), bytes.subarray(at))
      default: {
        const other = this.pick(good)
        return join(bytes.subarray(0, at), other.subarray(this.below(other.length + 1)))
      }
    }
  }
}

const EXTREMES = [0x00, 0x01, 0x04, 0x07, 0x08, 0x7f, 0x80, 0xfe, 0xff]

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
