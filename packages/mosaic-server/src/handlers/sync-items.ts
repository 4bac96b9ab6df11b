import { type Filter, type ItemSet, ItemSetBuilder } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { yieldTurn } from "../connection/turn.ts"
import type { QueryCursor } from "../store/port.ts"
import { ITEM_BYTES } from "../sync/session.ts"
import type { HandlerContext } from "./context.ts"

const PAGE = 1_000

/**
 * The items of all records that match and that the peer may read, as they are now. Counted as held for the peer until its query ends.
 *
 * @returns undefined when there are more than the limits allow, or the query has ended.
 */
export async function collectItems(filter: Filter, query: OpenQuery, context: HandlerContext): Promise<ItemSet | undefined> {
  const { store, visibility, peer, limits, memory } = context
  const builder = new ItemSetBuilder()
  let held = 0
  query.signal.addEventListener("abort", () => memory.add(-held), { once: true })
  let cursor: QueryCursor | undefined
  do {
    await yieldTurn(peer, query.signal)
    const page = await store.query(filter, { limit: PAGE, ...(cursor !== undefined && { cursor }), brief: true })
    for (const stored of page.records) {
      const mayRead = visibility.mayRead(stored, peer)
      if (mayRead === true || (mayRead !== false && (await mayRead))) builder.addRecord(stored.record.id)
    }
    if (query.signal.aborted || builder.size > limits.syncItems) return undefined
    memory.add(builder.size * ITEM_BYTES - held)
    held = builder.size * ITEM_BYTES
    cursor = page.next
  } while (cursor !== undefined)
  return builder.finish()
}
