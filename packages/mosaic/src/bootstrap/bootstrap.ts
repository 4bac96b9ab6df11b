import { toHex } from "../bytes.ts"
import type { PublicKey } from "../keys/public-key.ts"
import type { MosaicUrl } from "../url/mosaic-url.ts"

/** Where a server is, the URL that it prefers first. */
export interface ServerBootstrap {
  readonly type: "server"
  readonly urls: readonly MosaicUrl[]
}

/** Which servers a person uses, those that they prefer first. */
export interface UserBootstrap {
  readonly type: "user"
  readonly servers: readonly BootstrapServer[]
}

/** One line of a person's bootstrap. */
export interface BootstrapServer {
  /** From 1 to 7: bit 0 for outbox, bit 1 for inbox, bit 2 for encryption. */
  readonly usage: number
  readonly serverKey: PublicKey
}

/** A bootstrap: where to find who is behind a key. (Specification: bootstrap) */
export type Bootstrap = ServerBootstrap | UserBootstrap

/** The bits of a usage character. (Specification: bootstrap, "Server Usage Character") */
export const SERVER_USAGE = { outbox: 1, inbox: 2, encryption: 4 } as const

/** How many servers of each kind are used, of as many as are listed: "Software MUST utilize the first three." (Specification: bootstrap) */
export const USED_SERVERS = 3

/** The servers of one usage that a person is to be read or reached at: the first three, each once, in the person's order. */
export function bootstrapServers({ servers }: UserBootstrap, usage: keyof typeof SERVER_USAGE): PublicKey[] {
  const found = new Map<string, PublicKey>()
  for (const server of servers) {
    if ((server.usage & SERVER_USAGE[usage]) !== 0) found.set(toHex(server.serverKey), server.serverKey)
    if (found.size === USED_SERVERS) break
  }
  return [...found.values()]
}
