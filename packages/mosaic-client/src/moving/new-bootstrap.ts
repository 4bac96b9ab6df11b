import { type BootstrapServer, type PublicKey, equalBytes } from "@tessera/mosaic"

/** What a person's bootstrap says, and which one it is. */
export interface PublishedServers {
  /** Grows with each new one. */
  readonly sequence: bigint
  readonly servers: readonly BootstrapServer[]
}

/** Where bootstraps are looked up and published. */
export interface BootstrapPort {
  /** The newest that is known; undefined when there is none. */
  lookup(person: PublicKey, signal: AbortSignal): Promise<PublishedServers | undefined>
  /** Signs and publishes it, whoever holds the master key. */
  publish(next: PublishedServers, signal: AbortSignal): Promise<void>
}

/**
 * A person's servers after a move: the new one stands where the old one stood, for what the old one was used. One that was there already is used for both.
 *
 * @throws {RangeError} when the old server is not among them.
 */
export function replaceServer(servers: readonly BootstrapServer[], from: PublicKey, to: PublicKey): BootstrapServer[] {
  const usage = usageOf(servers, from)
  if (usage === 0) throw new RangeError("from: not among the servers")
  const both = usage | usageOf(servers, to)
  const place = servers.findIndex(({ serverKey }) => equalBytes(serverKey, from) || equalBytes(serverKey, to))
  const others = servers.filter(({ serverKey }) => !equalBytes(serverKey, from) && !equalBytes(serverKey, to))
  return [...others.slice(0, place), { usage: both, serverKey: to }, ...others.slice(place)]
}

/**
 * Tells the world that a person has moved: publishes a new bootstrap, with the next sequence number. To be called when the move is whole.
 *
 * @throws {RangeError} when no bootstrap is known, or the old server is not in it.
 */
export async function announceMove(
  port: BootstrapPort,
  {
    person,
    from,
    to,
    signal,
  }: { readonly person: PublicKey; readonly from: PublicKey; readonly to: PublicKey; readonly signal: AbortSignal },
): Promise<PublishedServers> {
  const known = await port.lookup(person, signal)
  if (known === undefined) throw new RangeError("person: no bootstrap is known")
  const next = { sequence: known.sequence + 1n, servers: replaceServer(known.servers, from, to) }
  await port.publish(next, signal)
  return next
}

const usageOf = (servers: readonly BootstrapServer[], server: PublicKey): number =>
  servers.reduce((usage, other) => (equalBytes(other.serverKey, server) ? usage | other.usage : usage), 0)
