import { toHex } from "@tessera/mosaic"

/** A map by bytes that forgets what was set first when it holds more than `capacity`. */
export class BoundedMap<Key extends Uint8Array, Value> {
  readonly #capacity: number
  readonly #entries = new Map<string, Value>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(toHex(key))
  }

  set(key: Key, value: Value): void {
    const name = toHex(key)
    this.#entries.delete(name)
    this.#entries.set(name, value)
    if (this.#entries.size <= this.#capacity) return
    for (const first of this.#entries.keys()) {
      this.#entries.delete(first)
      return
    }
  }

  delete(key: Key): void {
    this.#entries.delete(toHex(key))
  }
}
