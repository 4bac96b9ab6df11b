import { Refusal } from "../refusal.ts"
import { BusyError } from "../turnstile.ts"
import type { Api, ApiOptions } from "./api.ts"
import { readJson } from "./body.ts"
import { PATHS } from "./contract.ts"
import { openEventStream } from "./event-stream.ts"
import { restoreRequest, setupRequest, unlockRequest } from "./schemas.ts"

/** Streams of events at a time: a browser holds one for each page. */
const MOST_STREAMS = 64

/** What can be asked whether somebody is in or not. */
export function stageRoutes(app: Api, { node, clock, signal }: ApiOptions): void {
  let streams = 0
  app.get(PATHS.state, (context) => context.json(node.state))
  app.get(PATHS.suggestion, (context) => context.json(node.suggestion()))
  app.post(PATHS.setup, async (context) => context.json(await node.setup(await readJson(context.req.raw, setupRequest)), 201))
  app.post(PATHS.restore, async (context) => context.json(await node.restore(await readJson(context.req.raw, restoreRequest)), 201))
  app.post(PATHS.unlock, async (context) => {
    const { passphrase } = await readJson(context.req.raw, unlockRequest)
    return context.json(await node.unlock(passphrase, { signal: context.req.raw.signal }))
  })
  app.post(PATHS.lock, async (context) => {
    await node.lock()
    return context.json({})
  })
  app.get(PATHS.events, (context) => {
    if (streams >= MOST_STREAMS) throw new BusyError()
    if (signal.aborted) throw new Refusal("wrongStage", "Tessera is ending.")
    streams += 1
    const stream = openEventStream({
      events: node.events,
      clock,
      signal,
      onDropped: () => context.env?.incoming?.destroy(),
      onEnd: () => void (streams -= 1),
    })
    return context.body(stream, 200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" })
  })
}
