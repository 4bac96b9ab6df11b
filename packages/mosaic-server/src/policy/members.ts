import { type PublicKey, toHex } from "@tessera/mosaic"

/** Whom a server serves: everybody on an open server, otherwise those of a set of master keys, which may change while the server runs. */
export type Members = "everybody" | MemberSet

/** Whom a server serves, as it is now. */
export interface MemberSet {
  /** Whether this key is a member's. */
  has(key: Uint8Array): boolean
  /** Calls back after somebody was removed, until the answer is disposed. */
  onRemoved(listener: (removed: readonly PublicKey[]) => void): Disposable
}

export const isMember = (key: Uint8Array, members: Members): boolean => members === "everybody" || members.has(key)

/** A set of master keys that tells when somebody has left it. */
export class MemberList implements MemberSet {
  #keys: ReadonlyMap<string, PublicKey>
  readonly #listeners = new Set<(removed: readonly PublicKey[]) => void>()

  constructor(keys: Iterable<PublicKey> = []) {
    this.#keys = byName(keys)
  }

  get size(): number {
    return this.#keys.size
  }

  has(key: Uint8Array): boolean {
    return this.#keys.has(toHex(key))
  }

  /** Each member's key. */
  [Symbol.iterator](): Iterator<PublicKey> {
    return this.#keys.values()
  }

  /** Puts others in the place of all. Takes effect with the next record; whoever listens is told who is no longer there. */
  replace(keys: Iterable<PublicKey>): void {
    const before = this.#keys
    this.#keys = byName(keys)
    const removed = [...before].flatMap(([name, key]) => (this.#keys.has(name) ? [] : [key]))
    if (removed.length > 0) for (const listener of this.#listeners) listener(removed)
  }

  onRemoved(listener: (removed: readonly PublicKey[]) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}

const byName = (keys: Iterable<PublicKey>): ReadonlyMap<string, PublicKey> => new Map([...keys].map((key) => [toHex(key), key]))
