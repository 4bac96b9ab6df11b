import { isIP } from "node:net"
import type { IncomingHttpHeaders } from "node:http"

/** The longest part of a header that is looked at, in characters: what the proxy has put there is short, and stands at the end. */
const MOST_CHARACTERS = 128

/**
 * Where a proxy says that a peer is: an address without port. Only the last hop counts, since the proxy has put it there itself; what stands before comes
 * from the peer. `X-Forwarded-For`, or `Forwarded` (RFC 7239) without it. Undefined when the proxy does not say, or hides it.
 */
export function forwardedAddress(headers: IncomingHttpHeaders): string | undefined {
  const listed = lastOf(headers["x-forwarded-for"])
  if (listed !== undefined) return addressOf(listed)
  const node = lastOf(headers.forwarded)
    ?.split(";")
    .map((pair) => /^\s*for=(.*)$/iu.exec(pair)?.[1]?.trim())
    .find((value) => value !== undefined)
  return node === undefined ? undefined : addressOf(node.replace(/^"(.*)"$/u, "$1"))
}

function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header : header?.at(-1)
  return text?.slice(-MOST_CHARACTERS).split(",").at(-1)?.trim()
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`. */
function addressOf(text: string): string | undefined {
  const address = /^\[([^\]]*)\](?::\d{1,5})?$/u.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/u.exec(text)?.[1] ?? text
  return isIP(address) === 0 || address.includes("%") ? undefined : address
}

/** Whether an address is one of this machine itself. */
export const isLoopback = (address: string): boolean => address === "::1" || /^127\.\d+\.\d+\.\d+$/u.test(address)
