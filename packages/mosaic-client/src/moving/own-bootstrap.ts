import {
  type BootstrapDht,
  type BootstrapKeeper,
  type PublicKey,
  type PublishOutcome,
  type SecretKey,
  readBootstrap,
} from "@tessera/mosaic"
import type { BootstrapPort, PublishedServers } from "./new-bootstrap.ts"

/** The servers were not published. `outcome` says why. */
export class NotPublishedError extends Error {
  override readonly name = "NotPublishedError"
  readonly outcome: Exclude<PublishOutcome, { readonly ok: true }>

  constructor(outcome: Exclude<PublishOutcome, { readonly ok: true }>) {
    super(`the bootstrap was not published: ${outcome.reason}`)
    this.outcome = outcome
  }
}

/** What publishing one's own servers needs. */
export interface OwnBootstrapOptions {
  readonly keeper: BootstrapKeeper
  /** Where others' bootstraps are looked up, and one's own that another device may have published. */
  readonly dht: BootstrapDht
  readonly master: SecretKey
}

/**
 * One's own bootstrap, as a move announces it: signed here, noted by the keeper before anybody sees it, put, and put again each hour while the keeper runs.
 * Its `publish` throws {@link NotPublishedError} when a newer one is known by then, or the DHT does not answer; what was signed already is tried again.
 */
export function ownBootstrap({ keeper, dht, master }: OwnBootstrapOptions): BootstrapPort {
  return {
    async lookup(person: PublicKey, signal: AbortSignal): Promise<PublishedServers | undefined> {
      const found = await dht.lookup("user", person, { signal })
      const kept = keeper.get("user", person)
      const newest = kept !== undefined && (found === undefined || kept.sequence > found.sequence) ? kept : found
      if (newest === undefined) return undefined
      const { bootstrap } = readBootstrap(newest.text)
      return bootstrap.type === "user" ? { sequence: newest.sequence, servers: bootstrap.servers } : undefined
    },
    async publish({ servers }: PublishedServers, signal: AbortSignal): Promise<void> {
      const outcome = await keeper.publish({ type: "user", servers }, master, { signal })
      if (!outcome.ok) throw new NotPublishedError(outcome)
    },
  }
}
