import { type PublicKey, RESULT, type ResultCode, type VerifiedRecord } from "@tessera/mosaic"
import type { Delivery } from "../routing/plan-publishing.ts"
import type { Pool } from "./pool.ts"

/** Servers that are brought the record at the same time. */
const AT_ONCE = 16

/** What became of a record at one server. */
export type Delivered = { readonly server: PublicKey } &
  /** It has it, or had it. */
  (
    | { readonly outcome: "taken"; readonly code: ResultCode }
    /** It does not want it: another try later helps only where the code says so. */
    | { readonly outcome: "refused"; readonly code: ResultCode }
    /** Nobody knows: it was not reached, or did not answer. To be tried again. */
    | { readonly outcome: "failed"; readonly error: unknown }
  )

/** How a record is brought to servers. */
export interface DeliverOptions {
  readonly signal?: AbortSignal
  /** Told of each server as soon as it has answered. */
  readonly onDelivered?: (delivered: Delivered) => void
}

const TAKEN: ReadonlySet<ResultCode> = new Set([RESULT.SUCCESS, RESULT.ACCEPTED, RESULT.DUPLICATE, RESULT.NO_CONSUMERS])

/** Whether a code means that the server has the record, had it, or (an ephemeral one) has handed it on. */
export const isTaken = (code: ResultCode): boolean => TAKEN.has(code)

/**
 * Brings a record to all servers of a plan, and says what became of it at each. Refusals and failures are values.
 *
 * @throws the signal's reason when it aborts.
 */
export async function deliver(
  pool: Pool,
  deliveries: readonly Pick<Delivery, "server">[],
  record: VerifiedRecord,
  { signal, onDelivered }: DeliverOptions = {},
): Promise<Delivered[]> {
  const results: Delivered[] = []
  const waiting = deliveries.entries()
  const work = async (): Promise<void> => {
    for (const [place, { server }] of waiting) {
      const delivered = await bring(pool, server, record, signal)
      signal?.throwIfAborted()
      results[place] = delivered
      onDelivered?.(delivered)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

async function bring(pool: Pool, server: PublicKey, record: VerifiedRecord, signal: AbortSignal | undefined): Promise<Delivered> {
  try {
    await using lease = await pool.lease(server, signal === undefined ? {} : { signal })
    const { code } = await lease.connection.submit(record, signal === undefined ? {} : { signal })
    return { server, outcome: isTaken(code) ? "taken" : "refused", code }
  } catch (error) {
    return { server, outcome: "failed", error }
  }
}
