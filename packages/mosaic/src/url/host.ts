import { DecodeError } from "../errors.ts"
import { parseIpv4 } from "./ipv4.ts"
import { formatIpv6, parseIpv6 } from "./ipv6.ts"

/** The host of a URL: an address, a DNS name, or a Tor onion site; canonical. */
export interface UrlHost {
  readonly type: "ipv4" | "ipv6" | "dns" | "onion"
  readonly text: string
}

const MAX_NAME_LENGTH = 253
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u
/** Resolvers take such a last label for a number, and so the name for an address in an old form (`127.1`, `0x7f.0.0.1`). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/u

/** Reads a host, IPv6 in brackets. @throws {DecodeError} `URL host`. */
export function parseUrlHost(text: string, offset = 0): UrlHost {
  if (text.startsWith("[")) {
    const groups = text.endsWith("]") ? parseIpv6(text.slice(1, -1)) : undefined
    if (groups === undefined) throw new DecodeError("URL host: no IPv6 address", offset)
    return { type: "ipv6", text: formatIpv6(groups) }
  }
  if (parseIpv4(text) !== undefined) return { type: "ipv4", text }
  const name = text.toLowerCase()
  const labels = name.length > MAX_NAME_LENGTH ? [] : name.split(".")
  const last = labels.at(-1)
  if (last === undefined || NUMBER.test(last) || !labels.every((label) => LABEL.test(label))) throw new DecodeError("URL host", offset)
  return { type: last === "onion" && labels.length > 1 ? "onion" : "dns", text: name }
}
