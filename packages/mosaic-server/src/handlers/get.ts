import { type Get, RESULT, type Reference, type VerifiedRecord, equalBytes, toHex } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { yieldTurn } from "../connection/turn.ts"
import type { StoredRecord } from "../store/port.ts"
import { type HandlerContext, reply } from "./context.ts"
import { holding, sendRecord } from "./stored-records.ts"

/** References that are looked up at once: records may be large, and all found at once are in memory. */
const CHUNK = 16

/** Answers a Get in the order asked, a repeated reference once; Query Closed says `SUCCESS` when something was found, else `NOT_FOUND`. */
export async function handleGet({ queryId, references }: Get, query: OpenQuery, context: HandlerContext): Promise<void> {
  const seen = new Set<string>()
  const isNew = (reference: Reference): boolean => seen.size < seen.add(toHex(reference)).size
  let found = false
  for (let at = 0; at < references.length; at += CHUNK) {
    // A store that reads at once never lets go of the event loop by itself.
    await yieldTurn(context.peer, query.signal)
    if (query.signal.aborted) return
    const records = await find(references.slice(at, at + CHUNK).filter(isNew), context)
    await holding(records, context, async () => {
      for (const stored of records) {
        if (!(await context.visibility.mayRead(stored, context.peer))) continue
        if (query.signal.aborted) return
        found = true
        await sendRecord(query, stored, context)
      }
    })
  }
  if (query.signal.aborted) return
  if (context.queries.finish(query))
    await reply(context, { type: "queryClosed", queryId, result: found ? RESULT.SUCCESS : RESULT.NOT_FOUND })
}

/** From the store, and what waits beside it for this peer to see. */
async function find(
  references: readonly Reference[],
  { store, policy, peer, directory }: HandlerContext,
): Promise<readonly StoredRecord[]> {
  const stored = await store.get(references)
  const waiting = (await policy.waiting?.(references, peer, directory)) ?? []
  if (waiting.length === 0) return stored
  // A record that two of the references name stands in both answers once.
  const all = new Map([...stored, ...waiting].map((each) => [toHex(each.record.id), each]))
  return references.flatMap((reference) => [...all.values()].filter(({ record }) => refersTo(reference, record)))
}

const refersTo = (reference: Reference, { id, address }: VerifiedRecord): boolean =>
  equalBytes(reference, id) || equalBytes(reference, address)
