import { formatIpAddress, parseIpAddress } from "./ip-address.ts"

/** Where a door may be reached: an address or a name, and a port of 1 to 65,535. */
export interface Hint {
  /** IPv4 (`192.168.1.7`), IPv6 in its shortest form (`fd00::1`, no brackets), or a host name of 1 to 255 characters in ASCII. */
  readonly host: string
  readonly port: number
}

const NAME = 0x01
const IPV4 = 0x04
const IPV6 = 0x06
const HOST_NAME = /^(?=.{1,255}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/**
 * Writes one hint: type, address, port as 16 bits big-endian.
 * @throws {RangeError} when host or port cannot stand in a card.
 */
export function encodeHint(hint: Hint): Uint8Array {
  if (!Number.isInteger(hint.port) || hint.port < 1 || hint.port > 65_535)
    throw new RangeError(`hint.port must be 1 to 65,535, not ${hint.port}`)
  const port = [hint.port >> 8, hint.port & 0xff]
  const address = parseIpAddress(hint.host)
  if (address !== undefined) return Uint8Array.of(address.length === 4 ? IPV4 : IPV6, ...address, ...port)
  const name = hint.host.toLowerCase()
  if (!isHostName(name)) throw new RangeError("hint.host must be an IP address or a host name in ASCII")
  return Uint8Array.of(NAME, name.length, ...new TextEncoder().encode(name), ...port)
}

/** Reads hints until the end of `bytes`; `undefined` when one is cut off, of unknown type, or names no port. */
export function decodeHints(bytes: Uint8Array): readonly Hint[] | undefined {
  const hints: Hint[] = []
  let offset = 0
  while (offset < bytes.length) {
    const type = bytes[offset]
    const start = type === NAME ? offset + 2 : offset + 1
    const length = type === IPV4 ? 4 : type === IPV6 ? 16 : type === NAME ? (bytes[offset + 1] ?? 0) : 0
    const end = start + length
    const high = bytes[end]
    const low = bytes[end + 1]
    if (length === 0 || high === undefined || low === undefined) return undefined
    const host = type === NAME ? readName(bytes.subarray(start, end)) : formatIpAddress(bytes.subarray(start, end))
    const port = high * 256 + low
    if (host === undefined || port === 0) return undefined
    hints.push({ host, port })
    offset = end + 2
  }
  return hints
}

function readName(bytes: Uint8Array): string | undefined {
  const name = String.fromCharCode(...bytes)
  return isHostName(name) ? name : undefined
}

// A name made of digits and dots alone would be read as an address by some resolvers and not by others.
function isHostName(name: string): boolean {
  return HOST_NAME.test(name) && !/^[0-9.]+$/.test(name)
}
