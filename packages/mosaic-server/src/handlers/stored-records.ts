import { encodeRecordMessage } from "@tessera/mosaic"
import type { Filter } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { yieldTurn } from "../connection/turn.ts"
import type { QueryCursor, StoredRecord } from "../store/port.ts"
import type { HandlerContext } from "./context.ts"

const PAGE = 100

/**
 * Sends the stored records that match and that the peer may read, newest first, as fast as it takes them.
 *
 * @param limit the most to send; 0 for all.
 */
export async function sendStored(
  query: OpenQuery,
  request: { readonly filter: Filter; readonly limit: number },
  context: HandlerContext,
  onSending: (stored: StoredRecord) => void = () => {},
): Promise<void> {
  let left = request.limit === 0 ? Infinity : request.limit
  let cursor: QueryCursor | undefined
  while (left > 0 && !query.signal.aborted) {
    await yieldTurn(context.peer, query.signal)
    if (query.signal.aborted) return
    // A page as long as what is asked for: a limit of 1 reads one record, unless it may not be read.
    const limit = Math.min(PAGE, left)
    // Brief: what is read for many filters at the same time would be held for all of them. One after the other, it is garbage by the next.
    const page = await context.store.query(request.filter, { limit, ...(cursor !== undefined && { cursor }), brief: true })
    await holding(page.records, context, async () => {
      for (const stored of page.records) {
        if (!(await context.visibility.mayRead(stored, context.peer))) continue
        if (query.signal.aborted || left === 0) return
        onSending(stored)
        left -= 1
        await sendRecord(query, stored, context)
      }
    })
    if (page.next === undefined) return
    cursor = page.next
  }
}

/** Counts records as held for a peer, who may read slowly, while they are sent. */
export async function holding(records: readonly StoredRecord[], { memory }: HandlerContext, send: () => Promise<void>): Promise<void> {
  const bytes = records.reduce((sum, { record }) => sum + record.bytes.length, 0)
  memory.add(bytes)
  try {
    await send()
  } finally {
    memory.add(-bytes)
  }
}

export const sendRecord = (query: OpenQuery, { record }: StoredRecord, context: HandlerContext): Promise<void> =>
  context.outbox.send(encodeRecordMessage(query.queryId, record.bytes), query)
