/** Tells whoever listens what happened. A listener that throws is the emitter's fault to fix, not its to catch: listeners only queue. */
export class EventHub<Event> {
  readonly #listeners = new Set<(event: Event) => void>()

  /** Calls `listener` for each event from now on, until the function that it gives back is called. */
  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener(event)
  }
}
