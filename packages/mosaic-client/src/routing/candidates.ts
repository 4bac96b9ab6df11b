import { type PublicKey, equalBytes } from "@tessera/mosaic"
import type { RoutingFacts, ServerRole, UnroutedReason, UserServer } from "./facts.ts"

/** "Software MUST utilize the first three servers of the appropriate kind listed." (Specification: bootstrap) */
export const SERVERS_PER_ROLE = 3

const USAGE: Record<ServerRole, number> = { outbox: 1, inbox: 2, encryption: 4 }

/** A server that can be dialled, with the URLs for which there is a transport, in the order that the server prefers. */
export interface Candidate {
  readonly server: PublicKey
  readonly urls: readonly string[]
}

/** The first three servers that a person lists for a role, each once. */
export function serversInRole(servers: readonly UserServer[], role: ServerRole): PublicKey[] {
  const chosen: PublicKey[] = []
  for (const { usage, serverKey } of servers) {
    if ((usage & USAGE[role]) === 0 || chosen.some((other) => equalBytes(other, serverKey))) continue
    chosen.push(serverKey)
    if (chosen.length === SERVERS_PER_ROLE) break
  }
  return chosen
}

/** A server as a candidate; undefined when none of its URLs can be dialled. */
export function candidate(server: PublicKey, facts: RoutingFacts): Candidate | undefined {
  const urls = (facts.urls(server) ?? []).filter(facts.canDial)
  return urls.length === 0 ? undefined : { server, urls }
}

/** The servers of a person for a role: those that can be dialled, in the person's order, and those that cannot. */
export function candidates(
  person: PublicKey,
  role: ServerRole,
  facts: RoutingFacts,
): { readonly found: readonly Candidate[]; readonly unreachable: readonly PublicKey[]; readonly reason: UnroutedReason | undefined } {
  const listed = facts.servers(person)
  if (listed === undefined) return { found: [], unreachable: [], reason: "unknown" }
  const servers = serversInRole(listed, role)
  if (servers.length === 0) return { found: [], unreachable: [], reason: "noServer" }
  const found: Candidate[] = []
  const unreachable: PublicKey[] = []
  for (const server of servers) {
    const known = candidate(server, facts)
    if (known === undefined) unreachable.push(server)
    else found.push(known)
  }
  return { found, unreachable, reason: found.length === 0 ? "noTransport" : undefined }
}
