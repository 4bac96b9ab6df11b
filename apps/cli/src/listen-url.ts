import { UsageError } from "./command.ts"

const DEFAULT_PORTS = { mosaictcp: 1320, mosaicwss: 443 } as const

export interface ListenAddress {
  readonly scheme: keyof typeof DEFAULT_PORTS
  readonly host: string
  readonly port: number
  /** Another port, when that cannot be had. */
  readonly otherwise?: number
}

/** WebSocket, where a program without rights of the system may listen. */
const FREE_WEBSOCKET_PORT = 1321

/** Where a server listens when nobody says where: both transports, at all addresses of the machine; behind a proxy WebSocket for this machine alone. */
export const defaultListenAddresses = (isBehindProxy: boolean): readonly ListenAddress[] => [
  { scheme: "mosaictcp", host: "::", port: DEFAULT_PORTS.mosaictcp },
  isBehindProxy
    ? { scheme: "mosaicwss", host: "127.0.0.1", port: FREE_WEBSOCKET_PORT }
    : { scheme: "mosaicwss", host: "::", port: DEFAULT_PORTS.mosaicwss, otherwise: FREE_WEBSOCKET_PORT },
]

/**
 * Reads `mosaictcp://HOST[:PORT]` or `mosaicwss://HOST[:PORT]`; port 0 lets the system choose, 1320 or 443 when left out.
 * @throws UsageError for another scheme, and for anything that a Mosaic URL must not have.
 */
export function parseListenUrl(text: string): ListenAddress {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`"${text}" is no address to listen on. Write it as mosaictcp://127.0.0.1:1320.`)
  }
  const scheme = (["mosaictcp", "mosaicwss"] as const).find((each) => `${each}:` === url.protocol)
  if (scheme === undefined) throw new UsageError(`${url.protocol}// cannot be listened on; mosaictcp:// and mosaicwss:// can.`)
  if (url.hostname === "") throw new UsageError(`"${text}" names no host. Write it as ${scheme}://127.0.0.1:${DEFAULT_PORTS[scheme]}.`)
  if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new UsageError(`"${text}" has more than a host and a port.`)
  }
  return { scheme, host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port) }
}
