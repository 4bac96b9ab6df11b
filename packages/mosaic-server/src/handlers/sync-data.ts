import { DecodeError, RESULT, type ResultCode, respond } from "@tessera/mosaic"
import { yieldTurn } from "../connection/turn.ts"
import type { Peer } from "../policy/policy.ts"
import type { SyncSession } from "../sync/session.ts"
import { type HandlerContext, reply } from "./context.ts"

/**
 * Answers a peer's message in a reconciliation; the work gives way to others.
 *
 * @returns why the reconciliation has to end: `INVALID` for what is no negentropy message.
 */
export async function answerSync(
  data: Uint8Array,
  { query, items }: SyncSession,
  context: HandlerContext,
): Promise<ResultCode | undefined> {
  if (items === undefined) return undefined
  context.memory.add(data.length)
  try {
    const answer = await workOn(respond(items, data, context.limits.syncFrameBytes), context.peer, query.signal)
    if (answer !== undefined) await reply(context, { type: "syncServerData", queryId: query.queryId, data: answer }, query)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return RESULT.INVALID
    throw error
  } finally {
    context.memory.add(-data.length)
  }
}

/** Takes steps to their end, or until `signal` aborts. */
async function workOn(steps: Generator<void, Uint8Array, void>, peer: Peer, signal: AbortSignal): Promise<Uint8Array | undefined> {
  for (;;) {
    await yieldTurn(peer, signal)
    if (signal.aborted) return undefined
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
