import type { Node } from "../node.ts"
import { badPart } from "./api.ts"
import type { Api } from "./api.ts"
import { readJson } from "./body.ts"
import { PATHS } from "./contract.ts"
import { editNote, newNote } from "./schemas.ts"

const PAGE = 50
const LARGEST_PAGE = 100

/** Timeline, notes and threads. */
export function noteRoutes(app: Api, node: Node): void {
  app.get(PATHS.timeline, async (context) => {
    const { notes } = node.person()
    return context.json(await notes.page(context.req.query("before"), readLimit(context.req.query("limit"))))
  })
  app.post(PATHS.notes, async (context) => {
    const { notes } = node.person()
    const { text, replyTo } = await readJson(context.req.raw, newNote)
    return context.json(await notes.post(text, replyTo), 201)
  })
  app.get(`${PATHS.notes}/:address`, async (context) => context.json(await node.person().notes.get(context.req.param("address"))))
  app.put(`${PATHS.notes}/:address`, async (context) => {
    const { notes } = node.person()
    const { text } = await readJson(context.req.raw, editNote)
    return context.json(await notes.edit(context.req.param("address"), text))
  })
  app.get(`${PATHS.notes}/:address/thread`, async (context) => context.json(await node.person().notes.thread(context.req.param("address"))))
  app.get(`${PATHS.notes}/:address/history`, async (context) =>
    context.json(await node.person().notes.history(context.req.param("address"))),
  )
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return PAGE
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1) throw badPart("“limit” must be a number from 1 to 100")
  return Math.min(Number(text), LARGEST_PAGE)
}
