import { DecodeError } from "../errors.ts"
import { type UrlHost, parseUrlHost } from "./host.ts"

/** What a Mosaic URL begins with: over QUIC, over TCP with TLS, over WebSockets. (Specification: url, "Scheme") */
export type MosaicScheme = "mosaic" | "mosaictcp" | "mosaicwss"

/** Where a server is. The host is canonical, and an IPv6 address stands without brackets, as sockets want it. */
export interface MosaicUrl {
  readonly scheme: MosaicScheme
  readonly host: string
  readonly hostType: UrlHost["type"]
  /** From 1 to 65,535; the scheme's default when the URL names none. */
  readonly port: number
}

/** The ports of URLs that name none. QUIC's is of UDP. (Specification: url, "Port") */
export const DEFAULT_PORTS: Readonly<Record<MosaicScheme, number>> = { mosaic: 1320, mosaictcp: 1320, mosaicwss: 443 }

/** Longest URL that is read, in characters: what fits beside the first line of a bootstrap. */
export const MAX_URL_LENGTH = 981

const FORM = /^([a-z]+):\/\/([^/?#]*)([^?#]*)/iu

/**
 * Reads a Mosaic URL. User, password, query and fragment are ignored, as is a lone `/`; scheme and host may have capitals.
 *
 * @throws {DecodeError} `URL length`, `URL form`, `URL scheme`, `URL host`, `URL port`, `URL path`, or `URL onion` for QUIC to an onion site.
 * @see Specification: url
 */
export function parseMosaicUrl(text: string): MosaicUrl {
  if (text.length > MAX_URL_LENGTH) throw new DecodeError("URL length", MAX_URL_LENGTH)
  requirePrintable(text)
  const [, written = "", authority = "", path = ""] = FORM.exec(text) ?? []
  if (written === "") throw new DecodeError("URL form")
  const scheme = written.toLowerCase()
  if (!isScheme(scheme)) throw new DecodeError("URL scheme")
  const start = written.length + "://".length
  if (path !== "" && path !== "/") throw new DecodeError("URL path", start + authority.length)

  const userEnd = authority.lastIndexOf("@") + 1
  const { host, port } = splitPort(authority.slice(userEnd), start + userEnd)
  const { text: canonical, type } = parseUrlHost(host, start + userEnd)
  if (type === "onion" && scheme === "mosaic") throw new DecodeError("URL onion: QUIC cannot pass through Tor", start + userEnd)
  return { scheme, host: canonical, hostType: type, port: port ?? DEFAULT_PORTS[scheme] }
}

/** Tells whether {@link parseMosaicUrl} reads a text. */
export function isMosaicUrl(text: string): boolean {
  try {
    parseMosaicUrl(text)
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

/** Prints a URL as bootstraps hold it: without its scheme's default port and, as all examples of the specification, without a path. */
export function formatMosaicUrl({ scheme, host, hostType, port }: MosaicUrl): string {
  const written = hostType === "ipv6" ? `[${host}]` : host
  return `${scheme}://${written}${port === DEFAULT_PORTS[scheme] ? "" : `:${port}`}`
}

const isScheme = (text: string): text is MosaicScheme => Object.hasOwn(DEFAULT_PORTS, text)

/** ASCII alone, and no space: software that reads URLs drops, trims or maps other characters, each in its own way. */
function requirePrintable(text: string): void {
  const at = text.search(/[^!-~]/u)
  if (at >= 0) throw new DecodeError("URL form: character", at)
}

function splitPort(text: string, offset: number): { readonly host: string; readonly port: number | undefined } {
  const colon = text.lastIndexOf(":")
  // The colons of an IPv6 address stand before its bracket.
  if (colon < 0 || colon < text.lastIndexOf("]")) return { host: text, port: undefined }
  const digits = text.slice(colon + 1)
  const host = text.slice(0, colon)
  if (digits === "") return { host, port: undefined }
  const port = /^\d{1,5}$/u.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 0xffff) throw new DecodeError("URL port", offset + colon + 1)
  return { host, port }
}
