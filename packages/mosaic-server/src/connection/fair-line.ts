/**
 * Those who wait for something, served in turns: one place after the other, at each place one connection after the other, of each connection in the order in
 * which they came. Whoever comes with a thousand connections from one place waits for themselves, and others for two of them.
 */
export class FairLine<Waiter> {
  readonly #places = new Map<string, Map<number, Set<Waiter>>>()

  get isEmpty(): boolean {
    return this.#places.size === 0
  }

  /** @param place where the waiter is, as far as it is counted. */
  add(waiter: Waiter, place: string, connection: number): void {
    const connections = this.#places.get(place) ?? new Map<number, Set<Waiter>>()
    this.#places.set(place, connections)
    const waiters = connections.get(connection) ?? new Set()
    connections.set(connection, waiters)
    waiters.add(waiter)
  }

  /** Takes out one that does not want to wait any more. */
  delete(waiter: Waiter, place: string, connection: number): void {
    const connections = this.#places.get(place)
    const waiters = connections?.get(connection)
    if (connections === undefined || waiters?.delete(waiter) !== true || waiters.size > 0) return
    connections.delete(connection)
    if (connections.size === 0) this.#places.delete(place)
  }

  /** Takes out whose turn it is. */
  next(): Waiter | undefined {
    for (const [place, connections] of this.#places) {
      for (const [connection, waiters] of connections) {
        for (const waiter of waiters) {
          waiters.delete(waiter)
          toTheEnd(connections, connection, waiters)
          toTheEnd(this.#places, place, connections)
          return waiter
        }
      }
    }
    return undefined
  }
}

/** What has waiters left comes again after all others. */
function toTheEnd<Key, Value extends { readonly size: number }>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key)
  if (value.size > 0) map.set(key, value)
}
