import type { DialOptions, DialResult } from "./port.ts"
import { pause } from "./pause.ts"
import type { LocalPlace } from "./place.ts"
import { dialSocks } from "./socks/dial.ts"
import { SocksHandshake } from "./socks/handshake.ts"
import { type DialFailure, mayBeStale } from "./socks/refusals.ts"

/** What dialling needs of a tor that runs. */
export interface RunningTor {
  readonly socks: LocalPlace
  readonly control: { command(line: string): Promise<unknown> }
}

export interface DialingOptions {
  /** A tor that has found into its network; `undefined` when there is none in time. @throws the signal's reason when it aborts first. */
  readonly whenConnected: (signal: AbortSignal) => Promise<RunningTor | undefined>
}

/**
 * How long one attempt may take, in milliseconds. A service that was reached before is usually there within a second or two; when it is not, tor mostly
 * holds on to a descriptor from before the service went away, and finds the new one at once when told to forget.
 */
const KNOWN_MS = 7_000
const FIRST_MS = 25_000
const ATTEMPTS = 3
const BACKOFF_MS = 250
/** Tor itself takes the command that makes it forget once in ten seconds; for services that were never reached it is of little use. */
const FORGET_KNOWN_MS = 10_000
const FORGET_FIRST_MS = 60_000
const LOOK_AGAIN_MS = 1_500
const REACHED_LIMIT = 10_000

const REASONS: Readonly<Record<DialFailure, string>> = {
  "not-found": "Nothing is published at this address.",
  "broken-descriptor": "What is published at this address cannot be read.",
  "no-answer": "What is published there does not answer.",
  "key-missing": "They let in only those whom they know.",
  "key-refused": "They do not let us in.",
  "bad-address": "There is no such address.",
  refused: "Nobody listens there.",
  failed: "Tor finds no way there.",
  "time-out": "It takes too long.",
  "no-tor": "Tor has not found into its network.",
}

/** Connecting through tor, and again where tor may be wrong about how things are. */
export class Dialing {
  readonly #options: DialingOptions
  #process: RunningTor | undefined
  /** Which run of tor a host was last reached with. */
  readonly #reached = new Map<string, number>()
  #run = 0
  #forgotAt = -Infinity

  constructor(options: DialingOptions) {
    this.#options = options
  }

  async dial({ host, port, isolation, signal }: DialOptions): Promise<DialResult> {
    const request = { host, port, isolation }
    // Says what is wrong with the request before anybody waits.
    void new SocksHandshake(request)
    let failure: DialFailure = "no-tor"
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (attempt > 0) await pause(BACKOFF_MS * 4 ** (attempt - 1), signal)
      const process = await this.#options.whenConnected(signal)
      if (process === undefined) break
      this.#use(process)
      const begun = performance.now()
      const isKnown = this.#reached.has(host)
      const timeoutMs = attempt === 0 && this.#reached.get(host) === this.#run ? KNOWN_MS : FIRST_MS
      const result = await dialSocks({ ...request, proxy: process.socks, timeoutMs, signal })
      if (result.ok) {
        this.#remember(host)
        return { ok: true, stream: result.socket }
      }
      failure = result.failure
      const isStale = mayBeStale(failure, isKnown)
      // What was published a moment ago may not have come to all who keep it: worth a second look, and no more.
      const isNew = failure === "not-found" && attempt === 0
      if (!isStale && !isNew && failure !== "no-tor") break
      if (isStale && attempt < ATTEMPTS - 1) await this.#forget(process, host, begun, signal)
      else if (isNew) await pause(LOOK_AGAIN_MS, signal)
    }
    signal.throwIfAborted()
    return { ok: false, code: failure, reason: REASONS[failure] }
  }

  /** A new tor has nothing old to hold on to. */
  #use(process: RunningTor): void {
    if (this.#process === process) return
    this.#process = process
    this.#run += 1
    this.#forgotAt = -Infinity
  }

  #remember(host: string): void {
    this.#reached.delete(host)
    this.#reached.set(host, this.#run)
    const [oldest] = this.#reached.keys()
    if (this.#reached.size > REACHED_LIMIT && oldest !== undefined) this.#reached.delete(oldest)
  }

  /** Makes tor forget descriptors and circuits, unless it did since this attempt began; connections that are there stay. */
  async #forget(process: RunningTor, host: string, since: number, signal: AbortSignal): Promise<void> {
    const isKnown = this.#reached.has(host)
    const wait = this.#forgotAt + (isKnown ? FORGET_KNOWN_MS : FORGET_FIRST_MS) - performance.now()
    if (this.#forgotAt >= since || (wait > 0 && !isKnown)) return
    this.#forgotAt = performance.now() + Math.max(0, wait)
    if (wait > 0) await pause(wait, signal)
    // When tor ends meanwhile, there is nothing left to forget.
    await process.control.command("SIGNAL NEWNYM").catch(() => undefined)
  }
}
