import type { Socket } from "node:net"
import { DecodeError } from "@tessera/mosaic"
import { type LocalPlace, connectLocal } from "../place.ts"
import { type ControlReply, ReplyReader } from "./reply.ts"

/** The control connection ended, or tor did not answer in time. */
export class ControlClosedError extends Error {
  override readonly name = "ControlClosedError"
}

export interface ControlOptions {
  readonly place: LocalPlace
  /** What tor wrote into its cookie file: 32 bytes. */
  readonly cookie: Uint8Array
  readonly onEvent: (line: string) => void
  readonly signal: AbortSignal
}

const ANSWER_MS = 20_000
/** A command is asked for by our own code alone; more than this many waiting is a fault of it. */
const WAITING_LIMIT = 256
const OK = 250

interface Waiting {
  readonly resolve: (reply: ControlReply) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** A control connection to tor: commands are answered in order, events come between. Whoever disposes it also ends a tor that it has taken ownership of. */
export class ControlClient implements Disposable {
  readonly #socket: Socket
  readonly #reader = new ReplyReader()
  readonly #waiting: Waiting[] = []
  readonly #onEvent: (line: string) => void
  readonly #closed = Promise.withResolvers<void>()
  #ended: Error | undefined

  private constructor(socket: Socket, onEvent: (line: string) => void) {
    this.#socket = socket
    this.#onEvent = onEvent
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes))
    socket.on("error", (error) => this.#end(new ControlClosedError("the control connection broke", { cause: error })))
    socket.on("close", () => this.#end(new ControlClosedError("the control connection ended")))
  }

  /** Connects and proves that we may command it. @throws {ControlClosedError} when tor does not take the cookie. */
  static async connect({ place, cookie, onEvent, signal }: ControlOptions): Promise<ControlClient> {
    const client = new ControlClient(await connectLocal(place, signal), onEvent)
    const { status } = await client.command(`AUTHENTICATE ${Buffer.from(cookie).toString("hex")}`)
    if (status === OK) return client
    client[Symbol.dispose]()
    throw new ControlClosedError("tor does not take its own cookie")
  }

  /** Resolves when the connection has ended, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * Gives tor a command and waits for the answer, whatever its status.
   * @throws {RangeError} when the command is not one line.
   * @throws {ControlClosedError}
   */
  command(line: string): Promise<ControlReply> {
    if (/[\r\n\0]/u.test(line)) throw new RangeError("line must be one line")
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    if (this.#waiting.length >= WAITING_LIMIT) return Promise.reject(new RangeError("too many commands wait for an answer"))
    const { promise, resolve, reject } = Promise.withResolvers<ControlReply>()
    const timer = setTimeout(() => this.#end(new ControlClosedError("tor does not answer")), ANSWER_MS)
    timer.unref()
    this.#waiting.push({ resolve, reject, timer })
    this.#socket.write(`${line}\r\n`)
    return promise
  }

  #take(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    try {
      for (const reply of this.#reader.push(bytes)) this.#deliver(reply)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#end(new ControlClosedError("tor says what cannot be read", { cause: error }))
    }
  }

  #deliver(reply: ControlReply): void {
    if (reply.status >= 600) {
      for (const { text } of reply.lines) this.#onEvent(text)
      return
    }
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    waiting.resolve(reply)
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#socket.destroy()
    this.#closed.resolve()
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(error)
    }
  }

  [Symbol.dispose](): void {
    this.#end(new ControlClosedError("the control connection was closed"))
  }
}
