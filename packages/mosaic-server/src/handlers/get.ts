import { type Get, RESULT, type Reference, toHex } from "@tessera/mosaic"
import type { OpenQuery } from "../connection/open-queries.ts"
import { type HandlerContext, reply } from "./context.ts"
import { sendRecord } from "./stored-records.ts"

/** References that are looked up at once: records may be large, and all found at once are in memory. */
const CHUNK = 16

/** Answers a Get in the order asked, a repeated reference once; Query Closed says `SUCCESS` when something was found, else `NOT_FOUND`. */
export async function handleGet({ queryId, references }: Get, query: OpenQuery, context: HandlerContext): Promise<void> {
  const asked = [...new Map(references.map((reference): [string, Reference] => [toHex(reference), reference])).values()]
  let found = false
  for (let at = 0; at < asked.length; at += CHUNK) {
    for (const stored of await context.store.get(asked.slice(at, at + CHUNK))) {
      if (!(await context.visibility.mayRead(stored, context.peer))) continue
      if (query.signal.aborted) return
      found = true
      await sendRecord(query, stored, context)
    }
    if (query.signal.aborted) return
  }
  if (context.queries.finish(query))
    await reply(context, { type: "queryClosed", queryId, result: found ? RESULT.SUCCESS : RESULT.NOT_FOUND })
}
