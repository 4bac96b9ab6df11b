import type { SeededRandom } from "../simulation/random.ts"

const EMPTY = new Uint8Array(0)

/** The bytes of a file as programs see them, and as they would be found after a loss of power. */
export class SimulatedFile {
  #buffer = EMPTY
  #length = 0
  #durable = EMPTY

  get content(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.content)
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  truncate(length: number): void {
    this.#length = Math.min(length, this.#length)
  }

  sync(): void {
    this.#durable = this.content.slice()
  }

  /** Keeps what is durable, and perhaps the beginning of what was added since. */
  losePower(random: SeededRandom): void {
    const added = this.#length - this.#durable.length
    const kept = added > 0 ? random.integer(0, added) : 0
    const left = kept > 0 && startsWith(this.content, this.#durable) ? this.content.slice(0, this.#durable.length + kept) : this.#durable
    this.#buffer = left
    this.#length = left.length
    this.#durable = left.slice()
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}
