import type { NetworkInterfaceInfo } from "node:os"
import { addressScope, formatHost } from "../card/card.ts"

/** What `os.networkInterfaces()` gives: addresses by the name of their interface. */
export type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "internal">[] | undefined>>

// Networks that exist only inside this machine, for containers and virtual machines.
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|lxc|vEthernet)/i

/**
 * The addresses at which others may reach this machine, the likeliest first: private IPv4, private IPv6, the internet's, then those of virtual interfaces.
 * Loopback and link-local ones (which are worth nothing without naming an interface) are left out.
 */
export function rankLocalAddresses(interfaces: Interfaces): readonly string[] {
  const ranked = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? []).flatMap(({ address, internal }) => {
      const host = formatHost(address)
      const scope = addressScope(address)
      if (host === undefined || internal || scope === "loopback" || scope === "linkLocal") return []
      const rank = (VIRTUAL.test(name) ? 4 : 0) + (scope === "private" ? 0 : 2) + (host.includes(":") ? 1 : 0)
      return [{ host, rank }]
    }),
  )
  return [...new Set(ranked.toSorted((a, b) => a.rank - b.rank).map(({ host }) => host))]
}
