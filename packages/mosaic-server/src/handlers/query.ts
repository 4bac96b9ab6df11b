import { type Query, RESULT } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { type HandlerContext, reply } from "./context.ts"
import { sendStored } from "./stored-records.ts"

/** Answers a Query newest first, then says `SUCCESS`, also when nothing matched. */
export async function handleQuery(request: Query, query: OpenQuery, context: HandlerContext): Promise<void> {
  await sendStored(query, request, context)
  if (context.queries.finish(query)) await reply(context, { type: "queryClosed", queryId: request.queryId, result: RESULT.SUCCESS })
}
