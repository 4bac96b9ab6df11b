import { type UrlReach, formatIpv6, urlReach } from "@tessera/mosaic"

/** Length in bytes of a node's id, and of what is looked for. */
export const ID_LENGTH = 20

/** Nodes that one reply may name, of each family: honest ones name 8 to 20. */
const MOST_NAMED = 32

/** Where a node of the DHT is. */
export interface Endpoint {
  /** An address, canonical. */
  readonly host: string
  readonly port: number
  readonly family: 4 | 6
}

/** A node of the DHT, as it or another says. */
export interface Contact extends Endpoint {
  readonly id: Uint8Array
}

/** Reads nodes from a reply: 20 bytes of id, the address, the port, each 26 bytes (IPv4) or 38. What is incomplete at the end is left. (BEP 5, BEP 32) */
export function decodeContacts(bytes: Uint8Array, family: 4 | 6): Contact[] {
  const addressLength = family === 4 ? 4 : 16
  const length = ID_LENGTH + addressLength + 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const contacts: Contact[] = []
  for (let at = 0; at + length <= bytes.length && contacts.length < MOST_NAMED; at += length) {
    const portAt = at + ID_LENGTH + addressLength
    const port = view.getUint16(portAt)
    if (port === 0) continue
    const host = formatAddress(bytes.subarray(at + ID_LENGTH, portAt))
    contacts.push({ id: bytes.slice(at, at + ID_LENGTH), host, port, family })
  }
  return contacts
}

/** Whether everybody can reach an address, or whoever is near alone. */
export const endpointReach = ({ host, family }: Endpoint): UrlReach => urlReach({ host, hostType: family === 4 ? "ipv4" : "ipv6" })

/** Negative when `a` is nearer to the target than `b`: the distance of Kademlia, bytes of a XOR. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_LENGTH; i += 1) {
    const difference = ((a[i] ?? 0) ^ (target[i] ?? 0)) - ((b[i] ?? 0) ^ (target[i] ?? 0))
    if (difference !== 0) return difference
  }
  return 0
}

function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  return formatIpv6(Array.from({ length: 8 }, (_, group) => (bytes[2 * group] ?? 0) * 256 + (bytes[2 * group + 1] ?? 0)))
}
