import {
  type ClientMessage,
  type DhtPutResult,
  type DhtResponse,
  type PublicKey,
  type ResultCode,
  type SignedBootstrap,
  type BootstrapSelector,
  DecodeError,
  RESULT,
  VerifyError,
  isResultCode,
  toHex,
  verifyBootstrap,
} from "@tessera/mosaic"
import { RequestTimeoutError } from "../errors.ts"
import { type Sleep, withDeadline } from "./sleep.ts"

/** What a server answers to a lookup, or to a put. `signed` only with `SUCCESS`: its signature is right, and it is what was asked for. */
export interface BootstrapAnswer {
  readonly code: ResultCode
  readonly signed?: SignedBootstrap
}

/** What became of an answer that came in. */
export type Settled = "taken" | "forged" | "notAskedFor"

interface Waiting {
  readonly answer: Promise<BootstrapAnswer>
  readonly settle: (answer: BootstrapAnswer) => void
  readonly fail: (error: unknown) => void
}

interface BootstrapRequestsOptions {
  /** @throws when the connection has ended. */
  readonly send: (message: ClientMessage) => Promise<void>
  readonly sleep: Sleep
  /** How long an answer may take, in milliseconds. */
  readonly ms: number
}

/** Lookups and puts that wait for their answers, which come in any order and name their key. */
export class BootstrapRequests {
  readonly #options: BootstrapRequestsOptions
  /** The oldest first. */
  readonly #waiting = new Map<string, Waiting>()
  /** Given up before their answers came: these are nobody's fault. */
  #late = 0

  constructor(options: BootstrapRequestsOptions) {
    this.#options = options
  }

  /** A second lookup for the same waits for the same answer. */
  async lookup(selector: BootstrapSelector, key: PublicKey, signal: AbortSignal | undefined): Promise<BootstrapAnswer> {
    signal?.throwIfAborted()
    const name = lookupName(selector, key)
    const asked = this.#waiting.get(name)?.answer
    return orAborted(asked ?? this.#ask(name, { type: "dhtLookup", selector, key }), signal)
  }

  /** Its answer names the key alone, so those of one key go one after the other. */
  async put(signed: SignedBootstrap, signal: AbortSignal | undefined): Promise<{ readonly code: ResultCode }> {
    const name = putName(signed.key)
    for (let other = this.#waiting.get(name); other !== undefined; other = this.#waiting.get(name)) {
      const settled = other.answer.catch(() => {})
      await orAborted(settled, signal)
    }
    signal?.throwIfAborted()
    const { code } = await orAborted(this.#ask(name, { type: "dhtPut", ...signed }), signal)
    return { code }
  }

  /** An answer has come. */
  settle(message: DhtResponse | DhtPutResult): Settled {
    const name = message.type === "dhtResponse" ? lookupName(message.selector, message.key) : putName(message.key)
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) {
      if (this.#late === 0) return "notAskedFor"
      this.#late -= 1
      return "taken"
    }
    this.#waiting.delete(name)
    const code = isResultCode(message.result) ? message.result : RESULT.UNDEFINED
    const signed = message.type === "dhtResponse" && code === RESULT.SUCCESS ? verified(message) : undefined
    const isForged = message.type === "dhtResponse" && code === RESULT.SUCCESS && signed === undefined
    waiting.settle(signed === undefined ? { code: isForged ? RESULT.UNDEFINED : code } : { code, signed })
    return isForged ? "forged" : "taken"
  }

  /** The server does not know such messages: whoever waits for longest is told, with `UNDEFINED`. False when nobody waits. */
  unrecognized(): boolean {
    const [oldest] = this.#waiting
    if (oldest === undefined) return false
    this.#waiting.delete(oldest[0])
    oldest[1].settle({ code: RESULT.UNDEFINED })
    return true
  }

  fail(error: unknown): void {
    for (const { fail } of this.#waiting.values()) fail(error)
    this.#waiting.clear()
  }

  async #ask(name: string, message: ClientMessage): Promise<BootstrapAnswer> {
    const { promise: answer, resolve: settle, reject: fail } = Promise.withResolvers<BootstrapAnswer>()
    const { send, sleep, ms } = this.#options
    this.#waiting.set(name, { answer, settle, fail })
    const late = (): Error => new RequestTimeoutError("the server did not answer about a bootstrap in time")
    const inTime = withDeadline(answer, ms, sleep, late)
    inTime.catch((error: unknown) => this.#giveUp(name, answer, error))
    await send(message)
    return inTime
  }

  #giveUp(name: string, answer: Promise<BootstrapAnswer>, error: unknown): void {
    const waiting = this.#waiting.get(name)
    if (waiting?.answer !== answer) return
    this.#waiting.delete(name)
    this.#late += 1
    waiting.fail(error)
  }
}

const lookupName = (selector: BootstrapSelector, key: Uint8Array): string => `lookup ${selector} ${toHex(key)}`
const putName = (key: Uint8Array): string => `put ${toHex(key)}`

/** @throws the signal's reason when it aborts first. */
async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  work.catch(() => {})
  signal?.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal?.reason)
  signal?.addEventListener("abort", abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal?.removeEventListener("abort", abort)
  }
}

function verified(message: DhtResponse): SignedBootstrap | undefined {
  try {
    return verifyBootstrap(message)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return undefined
    throw error
  }
}
