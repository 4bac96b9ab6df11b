import { RESULT, type Unsubscribe } from "@tessera/mosaic"
import { type HandlerContext, reply } from "./context.ts"

/** Closes an open query of whatever kind with `SUCCESS`; of an id that is not open it says `NOT_FOUND`. */
export async function handleUnsubscribe({ queryId }: Unsubscribe, context: HandlerContext): Promise<void> {
  const result = context.queries.close(queryId) ? RESULT.SUCCESS : RESULT.NOT_FOUND
  await reply(context, { type: "queryClosed", queryId, result })
}
