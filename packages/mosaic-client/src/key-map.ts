import { type PublicKey, toHex } from "@tessera/mosaic"

/** Values by public key: bytes are no keys of a `Map`. Iterates in the order of insertion. */
export class KeyMap<Value> {
  readonly #entries = new Map<string, readonly [PublicKey, Value]>()

  get size(): number {
    return this.#entries.size
  }

  /** What is kept under a key. */
  get(key: PublicKey): Value | undefined {
    return this.#entries.get(toHex(key))?.[1]
  }

  /** Whether anything is kept under a key. */
  has(key: PublicKey): boolean {
    return this.#entries.has(toHex(key))
  }

  /** Keeps a value under a key. */
  set(key: PublicKey, value: Value): void {
    this.#entries.set(toHex(key), [key, value])
  }

  /** Forgets what is kept under a key. */
  delete(key: PublicKey): void {
    this.#entries.delete(toHex(key))
  }

  /** The value of a key; one that is made and kept when there is none. */
  ensure(key: PublicKey, make: () => Value): Value {
    const name = toHex(key)
    const known = this.#entries.get(name)
    if (known !== undefined) return known[1]
    const value = make()
    this.#entries.set(name, [key, value])
    return value
  }

  /** The keys, in the order in which they came. */
  keys(): PublicKey[] {
    return Array.from(this.#entries.values(), ([key]) => key)
  }

  /** The values, in the order in which they came. */
  values(): Value[] {
    return Array.from(this.#entries.values(), ([, value]) => value)
  }

  /** Keys and values, in the order in which they came. */
  [Symbol.iterator](): Iterator<readonly [PublicKey, Value]> {
    return this.#entries.values()
  }
}

/** Each key once, in the order of their bytes, so that the same set gives the same plan in whatever order it came. */
export function sortedKeys(keys: readonly PublicKey[]): PublicKey[] {
  const byName = new Map(keys.map((key) => [toHex(key), key]))
  return Array.from(byName)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, key]) => key)
}
