import { UsageError } from "./command.ts"

const DEFAULT_PORT = 1320

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * Reads `mosaictcp://HOST[:PORT]`; port 0 lets the system choose, 1320 when left out.
 * @throws UsageError for another scheme, and for anything that a Mosaic URL must not have.
 */
export function parseListenUrl(text: string): ListenAddress {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`"${text}" is no address to listen on. Write it as mosaictcp://127.0.0.1:1320.`)
  }
  if (url.protocol !== "mosaictcp:") throw new UsageError(`${url.protocol}// cannot be listened on yet; mosaictcp:// can.`)
  if (url.hostname === "") throw new UsageError(`"${text}" names no host. Write it as mosaictcp://127.0.0.1:1320.`)
  if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new UsageError(`"${text}" has more than a host and a port.`)
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? DEFAULT_PORT : Number(url.port) }
}
