import type { ByteChannel, PublicKey } from "@tessera/mosaic"

/** What an end buffers before its peer has to wait, in bytes. */
const BUFFER_BYTES = 64 * 1024

/** Who is at the two ends of a pair. */
export interface ChannelPairOptions {
  /** The key that the first end has proved to the second, and the other way round. */
  readonly firstKey?: PublicKey
  readonly secondKey?: PublicKey
}

/**
 * Two ends of a connection in memory, for tests and simulations: what one writes the other reads, in order and with a bounded buffer.
 * The first end is the client's by custom.
 */
export function channelPair({ firstKey, secondKey }: ChannelPairOptions = {}): [ByteChannel, ByteChannel] {
  const there = new Pipe()
  const back = new Pipe()
  return [new PairEnd(there, back, secondKey, "memory:2"), new PairEnd(back, there, firstKey, "memory:1")]
}

class PairEnd implements ByteChannel {
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly incoming: AsyncIterable<Uint8Array>
  readonly #out: Pipe

  constructor(out: Pipe, incoming: Pipe, peerKey: PublicKey | undefined, remote: string) {
    this.#out = out
    this.incoming = { [Symbol.asyncIterator]: () => incoming }
    this.peerKey = peerKey
    this.remote = remote
    this.close = async () => {
      out.end()
      incoming.abandon()
    }
  }

  readonly close: () => Promise<void>

  write(bytes: Uint8Array): Promise<void> {
    return this.#out.write(bytes)
  }
}

/** One direction. */
class Pipe implements AsyncIterator<Uint8Array, void, void> {
  #chunks: Uint8Array[] = []
  #bytes = 0
  #ended = false
  #abandoned = false
  readonly #readers: (() => void)[] = []
  readonly #writers: (() => void)[] = []

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen()
    this.#chunks.push(bytes.slice())
    this.#bytes += bytes.length
    wake(this.#readers)
    while (this.#bytes > BUFFER_BYTES && !this.#ended && !this.#abandoned) await new Promise<void>((resolve) => this.#writers.push(resolve))
    if (this.#abandoned) throw new Error("the connection is closed")
  }

  /** Nothing more is written; what was written can still be read. */
  end(): void {
    this.#ended = true
    wake(this.#readers)
    wake(this.#writers)
  }

  /** Nothing more is read: writing fails. */
  abandon(): void {
    this.#abandoned = true
    this.#chunks = []
    this.#bytes = 0
    wake(this.#readers)
    wake(this.#writers)
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    for (;;) {
      if (this.#abandoned) return { done: true, value: undefined }
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#bytes -= chunk.length
        wake(this.#writers)
        return { done: false, value: chunk }
      }
      if (this.#ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => this.#readers.push(resolve))
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, void>> {
    this.abandon()
    return { done: true, value: undefined }
  }

  #requireOpen(): void {
    if (this.#ended || this.#abandoned) throw new Error("the connection is closed")
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resume of waiting.splice(0)) resume()
}
