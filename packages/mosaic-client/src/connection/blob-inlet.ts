/** The content of one blob that was brought and not taken yet. Bounded: whoever brings more waits for room. */
export class BlobInlet {
  readonly #maxBytes: number
  #pieces: Uint8Array[] = []
  #bytes = 0
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined
  #taker: (() => void) | undefined
  #bringer: (() => void) | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds a piece. False when nothing should be added until `room` resolves. */
  bring(piece: Uint8Array): boolean {
    if (this.#failure !== undefined) return true
    this.#pieces.push(piece)
    this.#bytes += piece.length
    this.#taker?.()
    return this.#bytes <= this.#maxBytes
  }

  /** All has been brought. */
  end(): void {
    this.#hasEnded = true
    this.#taker?.()
  }

  /** Resolves when there is room for the next piece, or nobody takes any more. */
  async room(): Promise<void> {
    while (this.#bytes > this.#maxBytes && this.#failure === undefined) await new Promise<void>((resolve) => (this.#bringer = resolve))
  }

  /** The next piece; undefined at the end. @throws what it has failed with, at once. */
  async take(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error
      const piece = this.#pieces.shift()
      if (piece !== undefined) {
        this.#bytes -= piece.length
        this.#bringer?.()
        return piece
      }
      if (this.#hasEnded) return undefined
      await new Promise<void>((resolve) => (this.#taker = resolve))
    }
  }

  /** Ends it; what was not taken is dropped. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#pieces = []
    this.#bytes = 0
    this.#taker?.()
    this.#bringer?.()
  }
}
