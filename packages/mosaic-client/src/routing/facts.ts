import type { BootstrapServer, PublicKey } from "@tessera/mosaic"

/** What a person uses a server for (specification, "Server Usage Character"). */
export type ServerRole = "outbox" | "inbox" | "encryption"

/**
 * What is known when a plan is made. A plan is a pure function of its wishes and of what these say: they must not change meanwhile.
 */
export interface RoutingFacts {
  /** A person's bootstrap, in its order; undefined when none is known. */
  readonly servers: (person: PublicKey) => readonly BootstrapServer[] | undefined
  /** A server's bootstrap, in its order; undefined when none is known. */
  readonly urls: (server: PublicKey) => readonly string[] | undefined
  /** Whether there is a transport for a URL: not for every scheme in a browser, not for onion sites without Tor. */
  readonly canDial: (url: string) => boolean
  /** How well a server did lately, 0 to 1; 1 for all when not given. One below {@link AVOIDED} is read from only where others do not suffice. */
  readonly health?: (server: PublicKey) => number
}

/** Servers with less health are avoided. */
export const AVOIDED = 0.25

/** Why somebody cannot be read or reached. */
export type UnroutedReason =
  /** No bootstrap of theirs is known. */
  | "unknown"
  /** Their bootstrap lists no server of this role. */
  | "noServer"
  /** None of their servers has a URL that can be dialled. */
  | "noTransport"
