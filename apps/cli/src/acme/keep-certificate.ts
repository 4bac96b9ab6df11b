import { setTimeout as delay } from "node:timers/promises"
import type { WebSocketListener } from "@tessera/mosaic-server/websocket"
import { certificateLife, renewalOf } from "./certificate-life.ts"
import type { CertificateEvent } from "./certificate-event.ts"
import { type AcmeAccount, type CertificateOwner, type ObtainedCertificate, writeCertificate } from "./certificate-store.ts"
import { obtainCertificate } from "./obtain-certificate.ts"

export interface KeepCertificateOptions extends CertificateOwner {
  readonly email?: string
  /** The server's folder. */
  readonly folder: string
  /** What lies there already, and is in use. */
  readonly kept: ObtainedCertificate | undefined
  readonly listeners: readonly Pick<WebSocketListener, "renew" | "showChallenge">[]
  readonly onEvent: (event: CertificateEvent) => void
  /** Milliseconds since 1970; the system's clock when not given. */
  readonly now?: () => number
  /** The first wait after a failure, and the least between two certificates, in milliseconds; a minute when not given. Each further wait is four times as long. */
  readonly retryMs?: number
}

const RETRY_MS = 60_000
const FAILURES_OF_ACCOUNT = 3
const MOST_RETRY_MS = 12 * 60 * 60_000
/** A clock may jump, and a machine sleep: it is looked at again after this time. */
const LOOK_MS = 60 * 60_000

/**
 * Keeps listeners supplied with a certificate of an authority: obtains one when there is none, and the next before it ends, while the server runs.
 * Whatever fails, what is in use stays in use. Disposing it ends it.
 */
export function keepCertificate(options: KeepCertificateOptions): AsyncDisposable {
  const stop = new AbortController()
  const running = new CertificateKeeper(options, stop.signal).run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

class CertificateKeeper {
  readonly #options: KeepCertificateOptions
  readonly #signal: AbortSignal
  readonly #now: () => number
  readonly #retryMs: number
  #account: AcmeAccount | undefined

  constructor(options: KeepCertificateOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#now = options.now ?? Date.now
    this.#retryMs = options.retryMs ?? RETRY_MS
    this.#account = options.kept?.account
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { kept, hostname } = this.#options
    let due = kept === undefined ? 0 : renewalOf(kept, hostname)
    let failures = 0
    while (await this.#wait(due)) {
      const renewal = await this.#renew(failures)
      failures = renewal === undefined ? failures + 1 : 0
      due = Math.max(renewal ?? 0, this.#now() + this.#pause(failures - 1))
    }
  }

  /** Gives when the next is due, or undefined when there was none to be had. */
  async #renew(failures: number): Promise<number | undefined> {
    // An account may be closed or forgotten, and to make another costs nothing.
    if (failures >= FAILURES_OF_ACCOUNT) this.#account = undefined
    const { hostname, directory, email, listeners, onEvent } = this.#options
    try {
      const obtained = await obtainCertificate({
        hostname,
        directory,
        ...(email !== undefined && { email }),
        account: this.#account,
        showChallenge: (challenge) => listeners.forEach((listener) => listener.showChallenge(challenge)),
        signal: this.#signal,
      })
      const { until, renewal } = certificateLife(obtained, hostname)
      for (const listener of listeners) listener.renew(obtained)
      this.#account = obtained.account
      await this.#keep(obtained)
      onEvent({ type: "obtained", until, renewal })
      return renewal
    } catch (error) {
      if (!this.#signal.aborted) onEvent({ type: "failed", reason: reasonOf(error), again: this.#now() + this.#pause(failures) })
      return undefined
    }
  }

  async #keep(obtained: ObtainedCertificate): Promise<void> {
    const { folder, hostname, directory, onEvent } = this.#options
    try {
      await writeCertificate(folder, { hostname, directory }, obtained)
    } catch (error) {
      onEvent({ type: "notKept", reason: reasonOf(error) })
    }
  }

  #pause(failures: number): number {
    return Math.min(MOST_RETRY_MS, this.#retryMs * 4 ** Math.max(0, failures))
  }

  /** Whether the time has come; false when it is all over. */
  async #wait(due: number): Promise<boolean> {
    try {
      for (let left = due - this.#now(); left > 0; left = due - this.#now()) {
        await delay(Math.min(left, LOOK_MS), undefined, { signal: this.#signal, ref: false })
      }
    } catch {
      // It was aborted.
    }
    return !this.#signal.aborted
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
