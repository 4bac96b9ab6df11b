import { connect } from "node:tls"
import type { MosaicUrl } from "@tessera/mosaic"
import type { Address } from "./addresses.ts"
import type { TlsFacts } from "./certificate.ts"
import { type Reached, unreached, type Unreached } from "./reach.ts"

/** What an address behind a `mosaictcp` URL shows before anything is said. */
export async function probeTcp(
  url: MosaicUrl,
  address: Address,
  timeoutMs: number,
): Promise<(Reached & { readonly tls: TlsFacts }) | Unreached> {
  const start = performance.now()
  const socket = connect({
    host: address.host,
    port: url.port,
    servername: "",
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    timeout: timeoutMs,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve)
      socket.once("error", reject)
      socket.once("timeout", () => reject(new Error("it does not answer")))
      socket.once("close", () => reject(new Error("it closes the connection")))
    })
    const tls = {
      version: socket.getProtocol() ?? "unknown",
      certificate: socket.getPeerX509Certificate(),
      isOfAuthority: false,
      fault: undefined,
    }
    return { reached: true, milliseconds: performance.now() - start, tls }
  } catch (error) {
    return unreached(error)
  } finally {
    socket.on("error", () => {})
    socket.destroy()
  }
}
