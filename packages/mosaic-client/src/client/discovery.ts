import {
  type BootstrapSelector,
  type BootstrapServer,
  type PublicKey,
  type SignedBootstrap,
  formatMosaicUrl,
  readBootstrap,
} from "@tessera/mosaic"

/** Where bootstraps are looked up: the mainline DHT, a server that looks there for browsers, a list in a test. */
export interface Discovery {
  /** The servers that a person's newest bootstrap lists, in its order; undefined when none is found. */
  lookupUser(person: PublicKey, signal: AbortSignal): Promise<readonly BootstrapServer[] | undefined>
  /** The URLs that a server's newest bootstrap lists, in its order; undefined when none is found. */
  lookupServer(server: PublicKey, signal: AbortSignal): Promise<readonly string[] | undefined>
}

/** Makes a discovery of whatever finds the newest signed bootstrap of a key. Lines that cannot be read are left out. */
export function bootstrapDiscovery(
  lookup: (selector: BootstrapSelector, key: PublicKey, signal: AbortSignal) => Promise<SignedBootstrap | undefined>,
): Discovery {
  const find = async (selector: BootstrapSelector, key: PublicKey, signal: AbortSignal) => {
    const signed = await lookup(selector, key, signal)
    return signed === undefined ? undefined : readBootstrap(signed.text).bootstrap
  }
  return {
    async lookupUser(person, signal) {
      const found = await find("user", person, signal)
      return found?.type === "user" ? found.servers : undefined
    },
    async lookupServer(server, signal) {
      const found = await find("server", server, signal)
      return found?.type === "server" ? found.urls.map(formatMosaicUrl) : undefined
    },
  }
}
