import { networkInterfaces } from "node:os"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { PortInUseError } from "../ports.ts"
import type { Network } from "../ports.ts"
import { rankLocalAddresses } from "./local-addresses.ts"

/** TCP with TLS 1.3, and this machine's interfaces. */
export const tcpNetwork: Network = {
  async listen(options) {
    try {
      return await listenTcp(options)
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined
      if (code === "EADDRINUSE") throw new PortInUseError(options.port, { cause: error })
      // All interfaces, on a machine without IPv6.
      if (options.host === "::" && (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL"))
        return await tcpNetwork.listen({ ...options, host: "0.0.0.0" })
      throw error
    }
  },
  async dial(options) {
    // Only Tor may see such a name: asking the DNS would tell everybody on the way whom we look for.
    if (/\.onion\.?$/i.test(options.host)) throw new Error("onion addresses are not dialled by TCP")
    return dialTcp(options)
  },
  localAddresses: () => rankLocalAddresses(networkInterfaces()),
}
