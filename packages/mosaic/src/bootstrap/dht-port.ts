import type { PublicKey } from "../keys/public-key.ts"
import type { BootstrapSelector } from "../message/dht.ts"
import type { SignedBootstrap } from "./signed.ts"

/** What became of putting a bootstrap. */
export type BootstrapPutOutcome =
  /** So many nodes hold it now; 0 when somebody else has taken it over, who puts it. */
  | { readonly ok: true; readonly nodes: number }
  /** The DHT holds a newer one, or another text with the same sequence number: nothing was written. */
  | { readonly ok: false; readonly reason: "older" | "conflict"; readonly known: SignedBootstrap }
  /** No node took it. */
  | { readonly ok: false; readonly reason: "refused" }

/** Gives up waiting. */
export interface BootstrapDhtOptions {
  readonly signal?: AbortSignal
}

/** Where bootstraps are found and put: the mainline DHT, or what stands for it. Both methods fail when not a single node answers. */
export interface BootstrapDht {
  /** The newest that is right; undefined when nodes answered and none has one. */
  lookup(selector: BootstrapSelector, key: PublicKey, options?: BootstrapDhtOptions): Promise<SignedBootstrap | undefined>
  /** Puts one, or puts it once more so that it does not expire; never an older one over a newer. */
  put(signed: SignedBootstrap, options?: BootstrapDhtOptions): Promise<BootstrapPutOutcome>
}
