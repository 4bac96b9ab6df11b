import type { PublicKey } from "@tessera/mosaic"
import type { UserServer } from "../routing/facts.ts"

/** Where bootstraps are looked up: the mainline DHT, a server that looks there for browsers, a list in a test. */
export interface Discovery {
  /** The servers that a person's newest bootstrap lists, in its order; undefined when none is found. */
  lookupUser(person: PublicKey, signal: AbortSignal): Promise<readonly UserServer[] | undefined>
  /** The URLs that a server's newest bootstrap lists, in its order; undefined when none is found. */
  lookupServer(server: PublicKey, signal: AbortSignal): Promise<readonly string[] | undefined>
}
