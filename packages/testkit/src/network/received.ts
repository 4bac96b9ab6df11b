/** What has arrived and waits to be read: at most what the other side was given room for. */
export class Received implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  readonly #onRead: (bytes: number) => void
  #end: { readonly error?: Error } | undefined
  #wake: (() => void) | undefined

  constructor(onRead: (bytes: number) => void) {
    this.#onRead = onRead
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#chunks.push(chunk)
    this.#wake?.()
  }

  /** Nothing more comes; with an error, what was not read yet is lost. */
  end(error?: Error): void {
    if (this.#end !== undefined) return
    this.#end = error === undefined ? {} : { error }
    if (error !== undefined) this.#chunks.length = 0
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#onRead(chunk.length)
        yield chunk
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error
        return
      } else {
        await new Promise<void>((resolve) => void (this.#wake = resolve))
        this.#wake = undefined
      }
    }
  }
}
