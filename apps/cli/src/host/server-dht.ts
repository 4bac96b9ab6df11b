import { setTimeout as delay } from "node:timers/promises"
import {
  type Bootstrap,
  type BootstrapDht,
  type PublicKey,
  type PublishOutcome,
  type SecretKey,
  BootstrapKeeper,
  formatServerKey,
  publicKeyOf,
} from "@tessera/mosaic"
import { CachedDht, type DhtNode, MainlineDht } from "@tessera/mosaic-client/dht"
import type { DhtService, Policy } from "@tessera/mosaic-server"
import { openBootstrapFile } from "@tessera/node/adapters"
import type { Output } from "../output.ts"

/** How long a server waits before it tries again to learn its next sequence number, in milliseconds. */
const RETRY_MS = 5 * 60_000

interface ServerDhtOptions {
  readonly folder: string
  readonly nodes: readonly DhtNode[]
  readonly serverKey: PublicKey
  readonly policy: Policy
  readonly onFault: (error: unknown) => void
}

/** A server's part in the mainline DHT: lookups for its peers, its members' bootstraps and its own. */
export class ServerDht implements AsyncDisposable {
  readonly service: DhtService
  readonly #dht: MainlineDht
  readonly #keeper: BootstrapKeeper
  readonly #stop = new AbortController()
  readonly #work: Promise<void>[] = []

  private constructor(dht: MainlineDht, cached: BootstrapDht, keeper: BootstrapKeeper) {
    this.#dht = dht
    this.#keeper = keeper
    this.service = { lookups: cached, keeper }
  }

  /** Binds a port and reads what is kept; sends nothing yet. */
  static async open({ folder, nodes, serverKey, policy, onFault }: ServerDhtOptions): Promise<ServerDht> {
    const dht = await MainlineDht.open({ nodes })
    const cached = new CachedDht(dht)
    const keeper = await BootstrapKeeper.open({
      // Looks are fresh, because they decide about sequence numbers; what is put is given out at once.
      dht: {
        lookup: (selector, key, options) => dht.lookup(selector, key, options),
        put: (signed, options) => cached.put(signed, options),
      },
      shelf: openBootstrapFile(folder),
      sleep: async (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }),
      ownKey: serverKey,
      isWanted: (signed) => policy.admitBootstrap?.(signed, undefined).ok === true,
      onFailure: onFault,
    })
    return new ServerDht(dht, cached, keeper)
  }

  /** Begins to keep what is to be kept, and to publish the server's own. */
  start(bootstrap: Bootstrap | undefined, secretKey: SecretKey, output: Output): void {
    this.#work.push(this.#keeper.run(this.#stop.signal))
    if (bootstrap !== undefined) this.#work.push(this.#publish(bootstrap, secretKey, output))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#dht[Symbol.asyncDispose]()
    await Promise.all(this.#work)
  }

  async #publish(bootstrap: Bootstrap, secretKey: SecretKey, output: Output): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const outcome = await this.#keeper
        .publish(bootstrap, secretKey, { signal })
        .catch((error: unknown): PublishOutcome => ({ ok: false, reason: "unknown", error }))
      if (signal.aborted) return
      tell(outcome, publicKeyOf(secretKey), output)
      // What is kept the keeper puts as soon as it can.
      if (outcome.ok || outcome.reason === "unreachable" || outcome.reason === "refused") return
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
}

function tell(outcome: PublishOutcome, serverKey: PublicKey, output: Output): void {
  if (outcome.ok) {
    const { signed, nodes } = outcome
    if (output.json) output.value({ event: "published", sequence: String(signed.sequence), nodes })
    else output.line(`Published in the DHT: whoever knows ${formatServerKey(serverKey)} finds this server.`)
    return
  }
  const error = "error" in outcome && outcome.error instanceof Error ? outcome.error.message : outcome.reason
  output.say(`tessera serve: not published in the DHT yet (${error}); it is tried again every five minutes.`)
}
