import type { PublicKey } from "../keys/public-key.ts"
import type { BootstrapSelector } from "../message/dht.ts"
import type { SignedBootstrap } from "./signed.ts"

/** Where bootstraps that have to stay in the DHT outlive a restart, one for each key and selector. Failures of the disk are thrown. */
export interface BootstrapShelf {
  /** All of them, each verified; what cannot be read is left out. */
  load(): Promise<readonly SignedBootstrap[]>
  /** Puts one in the place of the one before. Once it resolves, a crash cannot undo it. */
  save(signed: SignedBootstrap): Promise<void>
  /** Takes one away, if it is there. */
  remove(selector: BootstrapSelector, key: PublicKey): Promise<void>
}
