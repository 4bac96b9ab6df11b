import { randomBytes } from "node:crypto"
import { type RemoteInfo, type Socket, createSocket } from "node:dgram"
import { DecodeError, toHex } from "@tessera/mosaic"
import type { Dictionary } from "./bencode.ts"
import type { Endpoint } from "./contact.ts"
import { type Reply, TRANSACTION_LENGTH, decodeAnswer, encodeQuery } from "./krpc.ts"

/** What became of a query: `error` is the other's code, 0 when it says none; undefined when nothing came in time. */
export type Outcome = { readonly reply: Reply } | { readonly error: number } | undefined

interface Waiting {
  readonly endpoint: Endpoint
  readonly settle: (outcome: Outcome) => void
}

/** Sends queries to nodes of the DHT and brings their answers, on one UDP socket of one family. It answers nothing. */
export class KrpcSocket implements AsyncDisposable {
  readonly family: 4 | 6
  readonly #socket: Socket
  readonly #timeoutMs: number
  readonly #waiting = new Map<string, Waiting>()
  #isClosed = false

  private constructor(socket: Socket, family: 4 | 6, timeoutMs: number) {
    this.family = family
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on("message", (datagram, from) => this.#receive(datagram, from))
    // A datagram that cannot be delivered: its query runs out of time.
    socket.on("error", () => {})
    socket.unref()
  }

  /** @param host the address to bind, whose family is the socket's. @throws the system's error when it cannot be bound. */
  static async open(host: string, port: number, timeoutMs: number): Promise<KrpcSocket> {
    const family = host.includes(":") ? 6 : 4
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", ipv6Only: family === 6 })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject)
        socket.bind({ address: host, port, exclusive: true }, resolve)
      })
    } catch (error) {
      socket.close()
      throw error
    }
    socket.removeAllListeners("error")
    return new KrpcSocket(socket, family, timeoutMs)
  }

  /** Asks one node. Never rejects. */
  query(endpoint: Endpoint, method: string, args: Dictionary, signal: AbortSignal): Promise<Outcome> {
    if (this.#isClosed || signal.aborted) return Promise.resolve(undefined)
    const transaction = randomBytes(TRANSACTION_LENGTH)
    const name = toHex(transaction)
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer)
        signal.removeEventListener("abort", giveUp)
        this.#waiting.delete(name)
        resolve(outcome)
      }
      const giveUp = (): void => settle(undefined)
      const timer = setTimeout(giveUp, this.#timeoutMs)
      signal.addEventListener("abort", giveUp, { once: true })
      this.#waiting.set(name, { endpoint, settle })
      this.#socket.send(encodeQuery(transaction, method, args), endpoint.port, endpoint.host, (error) => {
        if (error !== null) settle(undefined)
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const { settle } of this.#waiting.values()) settle(undefined)
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    try {
      const { transaction, ...outcome } = decodeAnswer(datagram)
      const waiting = this.#waiting.get(toHex(transaction))
      if (waiting?.endpoint.host === from.address && waiting.endpoint.port === from.port) waiting.settle(outcome)
    } catch (error) {
      // Anybody may send anything here: what is no answer is dropped.
      if (!(error instanceof DecodeError)) throw error
    }
  }
}
