import { encodeUtf8 } from "../bytes.ts"
import { formatServerKey } from "../human.ts"
import { MAX_BOOTSTRAP_LENGTH } from "../message/dht.ts"
import { formatMosaicUrl } from "../url/mosaic-url.ts"
import { type Bootstrap, type BootstrapServer, SERVER_USAGE } from "./bootstrap.ts"

/**
 * Writes a bootstrap, at most 983 bytes, lines separated by LF and none at the end.
 *
 * @throws {RangeError} when it is longer, a line stands twice, a usage is not from 1 to 7, or a person has no outbox or no inbox.
 * @see Specification: bootstrap
 */
export function encodeBootstrap(bootstrap: Bootstrap): Uint8Array {
  const lines = bootstrap.type === "server" ? bootstrap.urls.map(formatMosaicUrl) : serverLines(bootstrap.servers)
  // Of a server's key the usage does not make another line: one line a server.
  const subjects = bootstrap.type === "server" ? lines : lines.map((line) => line.slice(2))
  if (new Set(subjects).size < lines.length) throw new RangeError("bootstrap: an entry stands twice")
  const text = encodeUtf8([bootstrap.type === "server" ? "S" : "U", ...lines].join("\n"))
  if (text.length > MAX_BOOTSTRAP_LENGTH) throw new RangeError(`bootstrap: ${text.length} bytes, at most ${MAX_BOOTSTRAP_LENGTH}`)
  return text
}

function serverLines(servers: readonly BootstrapServer[]): string[] {
  for (const role of ["outbox", "inbox"] as const) {
    if (!servers.some(({ usage }) => (usage & SERVER_USAGE[role]) !== 0)) throw new RangeError(`bootstrap: no ${role}`)
  }
  return servers.map(({ usage, serverKey }) => {
    if (!Number.isInteger(usage) || usage < 1 || usage > 7) throw new RangeError(`usage ${usage} is not from 1 to 7`)
    return `${usage} ${formatServerKey(serverKey)}`
  })
}
