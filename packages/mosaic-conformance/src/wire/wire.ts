/** A connection to the server that carries bytes and understands none of them. */
export interface Wire {
  readonly transport: "tcp" | "websocket"
  /** What has been received, in order; ends when the connection does. */
  readonly incoming: AsyncIterator<Uint8Array, void>
  /** Resolves when the bytes are handed over; errors of a connection that ends are seen in `incoming`. */
  send(bytes: Uint8Array): Promise<void>
  close(): void
}

/** Chunks that were received and not read yet, as an iterator. Tests read all that comes, so nothing bounds it but the server. */
export class Inbox implements AsyncIterator<Uint8Array, void> {
  #chunks: Uint8Array[] = []
  #ended = false
  #wake: (() => void) | undefined

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) return { done: false, value: chunk }
      if (this.#ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
