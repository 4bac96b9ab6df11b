import type { Context } from "../context.ts"
import type { Peer } from "../wire/peer.ts"
import { type Handling, freshKind } from "./kind.ts"
import type { Person } from "./person.ts"

export interface Scene {
  /** Anonymous. */
  readonly peer: Peer
  /** May write for other rules as well. */
  readonly author: Person
  /** Public, and used by nobody else. */
  readonly kind: bigint
}

/** What most rules begin with. */
export async function setScene(context: Context, handling: Handling = "unique"): Promise<Scene> {
  const author = await context.poster()
  return { peer: await context.open(), author, kind: freshKind(handling) }
}

/** As `setScene`, where nothing of the author's is on the server, and key schedules may be written. */
export async function setNewScene(context: Context, handling: Handling = "unique"): Promise<Scene> {
  const author = await context.writer()
  return { peer: await context.open(), author, kind: freshKind(handling) }
}

/** Records of one kind, oldest first, stored one after the other. */
export async function storeSome({ peer, author, kind }: Scene, count: number): Promise<Uint8Array[]> {
  const records = Array.from({ length: count }, () => author.write({ kind }))
  await peer.put(...records)
  return records
}
