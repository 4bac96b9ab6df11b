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
      if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") throw new PortInUseError(options.port, { cause: error })
      throw error
    }
  },
  dial: (options) => dialTcp(options),
  localAddresses: () => rankLocalAddresses(networkInterfaces()),
}
