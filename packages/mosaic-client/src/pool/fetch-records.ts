import { type PublicKey, type Reference, type VerifiedRecord, compareBytes, isAddress, kindHandling, toHex } from "@tessera/mosaic"
import type { Pool } from "./pool.ts"

/** How records are fetched. */
export interface FetchOptions {
  readonly asSelf?: boolean
  readonly signal?: AbortSignal
}

/** What was fetched. */
export interface Fetched {
  /** By id each once; of an address of a replaceable kind the newest that any server has. In no particular order. */
  readonly records: readonly VerifiedRecord[]
  readonly failed: readonly { readonly server: PublicKey; readonly error: unknown }[]
}

/**
 * Gets records by id or address. What is named by id is asked for at one server after the other until it is found; addresses at all of them, as any may
 * have a newer version.
 *
 * @param servers at most a few, the best first.
 * @throws the signal's reason when it aborts.
 */
export async function fetchRecords(
  pool: Pool,
  servers: readonly PublicKey[],
  references: readonly Reference[],
  { asSelf = false, signal }: FetchOptions = {},
): Promise<Fetched> {
  const found = new Map<string, VerifiedRecord>()
  const failed: { server: PublicKey; error: unknown }[] = []
  const options = signal === undefined ? {} : { signal }
  for (const server of servers) {
    const wanted = references.filter((reference) => isAddress(reference) || !found.has(toHex(reference)))
    if (wanted.length === 0) break
    try {
      await using lease = await pool.lease(server, { asSelf, ...options })
      for await (const record of lease.connection.get(wanted, options)) keep(found, record)
    } catch (error) {
      signal?.throwIfAborted()
      failed.push({ server, error })
    }
  }
  return { records: Array.from(found.values()), failed }
}

function keep(found: Map<string, VerifiedRecord>, record: VerifiedRecord): void {
  const key = toHex(kindHandling(record.kind) === "replaceable" ? record.address : record.id)
  const known = found.get(key)
  if (known === undefined || compareBytes(record.id, known.id) > 0) found.set(key, record)
}
