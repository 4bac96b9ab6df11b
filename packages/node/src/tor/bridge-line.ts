import { isIP } from "node:net"
import { DecodeError } from "@tessera/mosaic"

declare const brand: unique symbol

/** A bridge as people get it from others: `[transport] address:port [fingerprint] [key=value …]`, spaces single. */
export type BridgeLine = string & { readonly [brand]: "BridgeLine" }

const LINE_LENGTH = 1_000
const TRANSPORT = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/u
const FINGERPRINT = /^\$?[0-9A-Fa-f]{40}$/u
const ARGUMENT = /^[A-Za-z0-9_.-]{1,64}=[\x21-\x7e]*$/u

/**
 * Reads one line as it was pasted; a leading `Bridge` is left out.
 * @throws {DecodeError} `bridge: …` when tor would not take it.
 */
export function parseBridgeLine(text: string): BridgeLine {
  if (text.length > LINE_LENGTH) throw new DecodeError("bridge: length")
  // Anything but spaces between printable characters could end the line, and begin another option.
  if (!/^[\x20-\x7e]*$/u.test(text)) throw new DecodeError("bridge: characters")
  const words = text.split(" ").filter((word) => word !== "")
  if (words[0]?.toLowerCase() === "bridge") words.shift()
  const hasTransport = words[0] !== undefined && TRANSPORT.test(words[0])
  const [place = "", ...rest] = hasTransport ? words.slice(1) : words
  if (!isPlace(place)) throw new DecodeError("bridge: address and port")
  const values = FINGERPRINT.test(rest[0] ?? "") ? rest.slice(1) : rest
  if (!values.every((word) => ARGUMENT.test(word))) throw new DecodeError("bridge: values")
  if (values.length > 0 && !hasTransport) throw new DecodeError("bridge: values without a transport")
  return words.join(" ") as BridgeLine
}

/** The transport that it needs a program for; `undefined` for a plain bridge. */
export function bridgeTransport(line: BridgeLine): string | undefined {
  const [first = ""] = line.split(" ")
  return TRANSPORT.test(first) ? first : undefined
}

function isPlace(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):(\d{1,5})$/u.exec(text) ?? []
  return isIP(v6 ?? v4 ?? "") === (v6 === undefined ? 4 : 6) && Number(port) > 0 && Number(port) < 65_536
}
