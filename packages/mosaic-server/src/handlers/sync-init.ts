import { RESULT, type ResultCode, type SyncInit } from "@tessera/mosaic"
import type { SyncSession } from "../sync/session.ts"
import type { HandlerContext } from "./context.ts"
import { answerSync } from "./sync-data.ts"
import { collectItems } from "./sync-items.ts"

/**
 * Begins a reconciliation over what matches and the peer may read: reads the set, then answers the first message.
 *
 * @returns why it has to end: `TOO_OPEN` when the set is too large, `INVALID` as `answerSync`.
 */
export async function handleSyncInit(
  { filter, data }: SyncInit,
  session: SyncSession,
  context: HandlerContext,
): Promise<ResultCode | undefined> {
  const items = await collectItems(filter, session.query, context)
  if (items === undefined) return RESULT.TOO_OPEN
  session.items = items
  return answerSync(data, session, context)
}
