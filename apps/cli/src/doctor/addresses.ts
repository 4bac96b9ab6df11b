import { lookup } from "node:dns/promises"
import { type MosaicUrl, urlReach } from "@tessera/mosaic"

/** Addresses of one name that are tried. */
const MOST = 6

/** One address behind a URL. */
export interface Address {
  readonly host: string
  readonly family: 4 | 6
}

/** Where a URL's host is: its addresses, none when its name has none. */
export async function addressesOf({ host, hostType }: MosaicUrl): Promise<readonly Address[]> {
  if (hostType === "ipv4") return [{ host, family: 4 }]
  if (hostType === "ipv6") return [{ host, family: 6 }]
  try {
    const found = await lookup(host, { all: true, verbatim: true })
    return found.slice(0, MOST).map(({ address, family }) => ({ host: address, family: family === 6 ? 6 : 4 }))
  } catch {
    // Whatever the resolver says, the name leads nowhere from here.
    return []
  }
}

/** Whether an address is one of this machine or its own network: what strangers name must not lead us there. */
export function isLocal({ host, family }: Address): boolean {
  return urlReach({ host, hostType: family === 6 ? "ipv6" : "ipv4" }) !== "public"
}

/** The addresses that are dialled: all of those that the person who asks has named, the public ones of what strangers named. */
export const dialled = (addresses: readonly Address[], isForeign: boolean): readonly Address[] =>
  isForeign ? addresses.filter((address) => !isLocal(address)) : addresses

export const formatAddress = ({ host, family }: Address, port: number): string => (family === 6 ? `[${host}]:${port}` : `${host}:${port}`)
