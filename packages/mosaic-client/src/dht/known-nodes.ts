import { toHex } from "@tessera/mosaic"
import { type Contact, compareDistance } from "./contact.ts"

const MOST_KNOWN = 500

/** Nodes that have answered lately, so that a search does not begin at the same few public nodes each time. Those that were silent longest go first. */
export class KnownNodes {
  readonly #nodes = new Map<string, Contact>()

  get size(): number {
    return this.#nodes.size
  }

  /** It has answered. */
  add(contact: Contact): void {
    const name = toHex(contact.id)
    this.#nodes.delete(name)
    this.#nodes.set(name, contact)
    if (this.#nodes.size <= MOST_KNOWN) return
    for (const oldest of this.#nodes.keys()) {
      this.#nodes.delete(oldest)
      return
    }
  }

  /** It did not answer. */
  delete(contact: Contact): void {
    this.#nodes.delete(toHex(contact.id))
  }

  /** The `count` nearest to a target. */
  nearest(target: Uint8Array, count: number): Contact[] {
    return [...this.#nodes.values()].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count)
  }
}
