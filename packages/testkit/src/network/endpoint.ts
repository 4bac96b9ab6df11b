import type { ByteChannel, PublicKey } from "@tessera/mosaic"
import type { Incarnation } from "../simulation/incarnation.ts"
import { ConnectionError } from "./errors.ts"
import { Received } from "./received.ts"

/** Bytes that may be under way or unread before a writer has to wait. */
export const WINDOW = 65_536

/** What one end of a connection hands to the network. */
export type Segment = { readonly type: "data"; readonly bytes: Uint8Array } | { readonly type: "end" }

export interface EndpointOptions {
  readonly owner: Incarnation
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly send: (segment: Segment) => void
  /** The owner has read so many bytes: there is room for as many again. */
  readonly onRead: (bytes: number) => void
}

/** One end of a simulated connection. When its machine dies it falls silent: nothing that it gave out ever settles again. */
export class Endpoint implements ByteChannel {
  readonly owner: Incarnation
  readonly peerKey: PublicKey | undefined
  readonly remote: string
  readonly incoming: AsyncIterable<Uint8Array>
  readonly #options: EndpointOptions
  readonly #received: Received
  readonly #waiting: (() => void)[] = []
  #closed: ConnectionError | undefined
  #outstanding = 0

  constructor(options: EndpointOptions) {
    this.owner = options.owner
    this.peerKey = options.peerKey
    this.remote = options.remote
    this.#options = options
    this.#received = new Received(options.onRead)
    this.incoming = this.#received
  }

  get open(): boolean {
    return this.#closed === undefined
  }

  /** Whether the connection was lost here, rather than closed by one of the two. */
  get lost(): boolean {
    return this.#closed !== undefined && this.#closed.code !== "EPIPE"
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.owner.alive) return this.owner.never()
    this.#throwIfClosed()
    if (bytes.length === 0) return
    this.#outstanding += bytes.length
    this.#options.send({ type: "data", bytes: bytes.slice() })
    while (this.#closed === undefined && this.#outstanding > WINDOW) await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    this.#throwIfClosed()
  }

  async close(): Promise<void> {
    if (!this.owner.alive) return this.owner.never()
    if (this.#closed !== undefined) return
    this.#options.send({ type: "end" })
    this.#finish(new ConnectionError("EPIPE", "the connection was closed here"))
    this.#received.end()
  }

  /** The other side has read so many of our bytes. */
  giveRoom(bytes: number): void {
    this.#outstanding -= bytes
    this.#wake()
  }

  /** Bytes arrive. */
  take(chunk: Uint8Array): void {
    if (this.owner.alive) this.#received.push(chunk)
  }

  /** The other side said that it is done. */
  takeEnd(): void {
    if (!this.owner.alive) return
    this.#finish(new ConnectionError("EPIPE", "the other side closed the connection"))
    this.#received.end()
  }

  /** The connection is lost. */
  break(error: ConnectionError): void {
    if (!this.owner.alive) return
    this.#finish(error)
    this.#received.end(error)
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  #finish(error: ConnectionError): void {
    this.#closed ??= error
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
