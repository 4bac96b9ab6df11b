import type { Subscribe } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { Subscription } from "../subscriptions/subscription.ts"
import type { HandlerContext } from "./context.ts"
import { sendStored } from "./stored-records.ts"

/** Answers a Subscribe: what is stored, newest first, Locally Complete, and then what comes, until it is closed. */
export async function handleSubscribe(request: Subscribe, query: OpenQuery, context: HandlerContext): Promise<void> {
  const { fanOut, outbox, peer, limits } = context
  const { queryId, filter } = request
  const subscription = new Subscription({
    queryId,
    filter,
    peer,
    outbox,
    liveBytes: limits.liveBytes,
    onTooSlow: () => {
      context.queries.abandon(query)
      context.onEvent({ type: "slowReader", peer, queryId })
    },
  })
  query.subscription = subscription
  // First it listens, then the store is asked: what is stored in between is seen twice, and sent once.
  fanOut.add(subscription)
  await sendStored(query, request, context, (stored) => subscription.sendingStored(stored.sequence, fanOut.position))
  if (!query.signal.aborted) subscription.goLive()
}
