/** An IPv6 address, or an IPv4 one in its place among them (`::ffff:a.b.c.d`): 16 bytes. */
export type IpAddress = Uint8Array

const IPV4_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** The addresses that share their first `bits` bits (0 to 128) with `address`. Of IPv4 ranges `bits` is 96 to 128. */
export interface IpRange {
  readonly address: IpAddress
  readonly bits: number
}

/** Reads an address without port; a zone (`%eth0`) is left out of account. Undefined when it is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const [bare = ""] = text.split("%", 1)
  return bare.includes(":") ? parseIpv6(bare) : parseIpv4(bare)
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined
  return Uint8Array.of(...IPV4_PREFIX, ...parts.map(Number))
}

function parseIpv6(text: string): IpAddress | undefined {
  const [head = "", tail, ...rest] = text.split("::")
  if (text.length > 45 || rest.length > 0) return undefined
  const left = parseGroups(head, tail === undefined)
  const right = tail === undefined ? [] : parseGroups(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = 16 - left.length - right.length
  // `::` stands for at least one group of zeros.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.of(...left, ...Array.from({ length: missing }, () => 0), ...right)
}

/** The bytes of groups; the last may be an IPv4 address where the whole address ends. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === "") return []
  const groups = text.split(":")
  const bytes: number[] = []
  for (const [at, group] of groups.entries()) {
    if (isEnd && at === groups.length - 1 && group.includes(".")) {
      const ipv4 = parseIpv4(group)
      if (ipv4 === undefined) return undefined
      bytes.push(...ipv4.subarray(12))
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff)
    else return undefined
  }
  return bytes
}

/**
 * Reads `ADDRESS` or `ADDRESS/BITS`. An IPv6 address alone means its /64: that is what one person has, and changes addresses in.
 * Undefined when it is neither, or has bits set behind its prefix.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const [addressText = "", bitsText, ...rest] = text.split("/")
  const address = parseIpAddress(addressText)
  if (address === undefined || rest.length > 0) return undefined
  const offset = isIpv4(address) ? 96 : 0
  if (bitsText === undefined) return ownRange(address)
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > 128 - offset) return undefined
  const bits = Number(bitsText) + offset
  return samePrefix(address, masked(address, bits)) ? { address, bits } : undefined
}

/** What one peer has: an IPv4 address, or an IPv6 /64. */
export const ownRange = (address: IpAddress): IpRange => {
  const bits = isIpv4(address) ? 128 : 64
  return { address: masked(address, bits), bits }
}

/** Where a peer is, for counting: its `ownRange`; of what is no address (a connection in memory) the text itself. */
export function addressGroup(text: string): string {
  const address = parseIpAddress(text)
  return address === undefined ? text : formatIpRange(ownRange(address))
}

/** The address of a peer's `remote`, without its port. */
export const remoteAddress = (remote: string): string => remote.slice(0, Math.max(0, remote.lastIndexOf(":"))).replace(/^\[|\]$/g, "")

/** Canonical: equal ranges give equal texts. IPv6 is written in full, so that nothing has to be shortened twice. */
export function formatIpRange({ address, bits }: IpRange): string {
  if (isIpv4(address)) return address.subarray(12).join(".") + (bits === 128 ? "" : `/${bits - 96}`)
  const groups = Array.from({ length: 8 }, (_, at) => (((address[at * 2] ?? 0) << 8) | (address[at * 2 + 1] ?? 0)).toString(16))
  return `${groups.join(":")}/${bits}`
}

/** The range of a prefix length that an address is in. */
export const rangeOf = (address: IpAddress, bits: number): IpRange => ({ address: masked(address, bits), bits })

const isIpv4 = (address: IpAddress): boolean => samePrefix(address.subarray(0, 12), IPV4_PREFIX)

const samePrefix = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at])

const masked = (address: IpAddress, bits: number): IpAddress =>
  address.map((byte, at) => byte & (0xff << Math.min(8, Math.max(0, (at + 1) * 8 - bits))) & 0xff)
