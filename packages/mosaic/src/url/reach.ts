import { parseIpv4 } from "./ipv4.ts"
import { parseIpv6 } from "./ipv6.ts"
import type { MosaicUrl } from "./mosaic-url.ts"

/** From where a server's URL can be reached: by everybody; through Tor alone; from the same network or machine alone. */
export type UrlReach = "public" | "onion" | "local"

/**
 * Says from where a URL can be reached, by its host alone. Servers of a role must be public: not behind NAT, no onion site.
 *
 * @see Specification: network, "Server Roles"
 */
export function urlReach({ host, hostType }: Pick<MosaicUrl, "host" | "hostType">): UrlReach {
  switch (hostType) {
    case "onion":
      return "onion"
    case "ipv4":
      return isLocalIpv4(parseIpv4(host) ?? []) ? "local" : "public"
    case "ipv6":
      return isLocalIpv6(parseIpv6(host) ?? []) ? "local" : "public"
    case "dns":
      return isLocalName(host) ? "local" : "public"
  }
}

/** This network, private, shared by a carrier, own machine, own link, multicast and reserved. (RFC 6890) */
function isLocalIpv4([a = 0, b = 0]: readonly number[]): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true
  return (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
}

/** Unique local, own link and site, multicast, none and own machine, and whatever holds a local IPv4 address. */
function isLocalIpv6(groups: readonly number[]): boolean {
  const [first = 0] = groups
  if ((first & 0xfe00) === 0xfc00 || (first & 0xff00) === 0xff00 || (first & 0xff80) === 0xfe80) return true
  if (!groups.slice(0, 5).every((group) => group === 0)) return false
  const [mark = 0, high = 0, low = 0] = groups.slice(5)
  return mark === 0xffff ? isLocalIpv4([high >> 8, high & 0xff]) : mark === 0 && high === 0 && low <= 1
}

const LOCAL_SUFFIXES = [".local", ".localhost", ".internal", ".lan", ".home.arpa"]

/** A name of one label means something in one's own network only. */
const isLocalName = (name: string): boolean => !name.includes(".") || LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix))
