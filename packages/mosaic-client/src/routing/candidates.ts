import { type PublicKey, bootstrapServers } from "@tessera/mosaic"
import type { RoutingFacts, ServerRole, UnroutedReason } from "./facts.ts"

/** A server that can be dialled, with the URLs for which there is a transport, in the order that the server prefers. */
export interface Candidate {
  readonly server: PublicKey
  readonly urls: readonly string[]
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
  const servers = bootstrapServers({ type: "user", servers: listed }, role)
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
