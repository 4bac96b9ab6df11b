import type { PublicKey, SecretKey } from "@tessera/mosaic"
import type { Role } from "./access.ts"

/** Which server is looked at, and with what. */
export interface Target {
  readonly transport: "tcp" | "websocket"
  readonly host: string
  readonly port: number
  /** What the server's key should be. */
  readonly serverKey?: PublicKey
  /** Members of a server that serves only its members. The runner writes records in their names, never key schedules. */
  readonly members: readonly SecretKey[]
  /** The roles that the server is said to have for them; found out, as far as that goes, when not given. */
  readonly roles?: ReadonlySet<Role>
}

const SCHEMES = { "mosaictcp:": { transport: "tcp", port: 1320 }, "mosaicwss:": { transport: "websocket", port: 443 } } as const

/**
 * Reads `mosaictcp://HOST[:PORT]` or `mosaicwss://HOST[:PORT]`.
 *
 * @throws {RangeError} for anything else.
 * @see Specification: url
 */
export function parseTarget(text: string, options: Partial<Pick<Target, "serverKey" | "members" | "roles">> = {}): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const scheme = url === undefined ? undefined : (SCHEMES as Partial<Record<string, (typeof SCHEMES)[keyof typeof SCHEMES]>>)[url.protocol]
  if (url === undefined || scheme === undefined || url.hostname === "") {
    throw new RangeError(`"${text}" is no address of a server. Write it as mosaictcp://203.0.113.1:1320 or mosaicwss://example.org.`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const { serverKey, members = [], roles } = options
  return {
    transport: scheme.transport,
    host,
    port: Number(url.port || scheme.port),
    members,
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(roles === undefined ? {} : { roles }),
  }
}
