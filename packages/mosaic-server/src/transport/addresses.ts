/** Counts the connections of each address. */
export class Addresses {
  readonly #limits: { readonly connectionsPerAddress: number; readonly connections: number }
  readonly #counts = new Map<string, number>()
  #total = 0

  constructor(limits: { readonly connectionsPerAddress: number; readonly connections: number }) {
    this.#limits = limits
  }

  /** Counts one more; false, and nothing counted, when there are enough. */
  enter(address: string): boolean {
    const count = this.#counts.get(address) ?? 0
    if (count >= this.#limits.connectionsPerAddress || this.#total >= this.#limits.connections) return false
    this.#counts.set(address, count + 1)
    this.#total += 1
    return true
  }

  leave(address: string): void {
    const count = this.#counts.get(address) ?? 0
    if (count <= 1) this.#counts.delete(address)
    else this.#counts.set(address, count - 1)
    this.#total -= 1
  }
}

/** An address without the form that an IPv4 peer has on an IPv6 socket; undefined when the socket is gone already. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "")
}
