import type { BootstrapDht, BootstrapKeeper } from "@tessera/mosaic"

/** What a server does with the mainline DHT for its peers. */
export interface DhtService {
  /** Where bootstraps are looked up for clients that cannot do so themselves, such as web pages. It should remember what it found. */
  readonly lookups: BootstrapDht
  /** Keeps what members hand over in the DHT. Its owner has it run, and closes nothing of it through the server. */
  readonly keeper?: BootstrapKeeper
}
