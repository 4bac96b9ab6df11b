import { Hono } from "hono"
import type { Context } from "hono"
import type { Api, ApiOptions } from "./api.ts"
import { findAsset } from "./assets.ts"
import { PATHS } from "./contract.ts"
import { meRoutes } from "./me-routes.ts"
import { noteRoutes } from "./note-routes.ts"
import { peopleRoutes } from "./people-routes.ts"
import { INTERNAL, NOT_FOUND, refusalBody, refusalOf } from "./refusals.ts"
import type { HttpRefusal } from "./refusals.ts"
import { stageRoutes } from "./stage-routes.ts"

/** Where somebody comes in: what fails there is no consequence of being locked. */
const ENTRANCES: ReadonlySet<string> = new Set([PATHS.setup, PATHS.restore, PATHS.unlock])
/** It was locked while a request was being answered. */
const LOCKED: HttpRefusal = { status: 409, code: "wrongStage", message: "Tessera was locked meanwhile. Unlock it and try again." }

/** All routes of the contract. Who may ask is decided before: see `guard`. */
export function createApi(options: ApiOptions): Api {
  const { node, assets, onFailure } = options
  const app: Api = new Hono()
  stageRoutes(app, options)
  meRoutes(app, node)
  noteRoutes(app, node)
  peopleRoutes(app, node)
  app.get("*", (context) => {
    const asset = findAsset(assets, context.req.path)
    if (asset === undefined) return refuse(context, NOT_FOUND)
    return context.body(Uint8Array.from(asset.bytes), 200, { "Content-Type": asset.type })
  })
  app.notFound((context) => refuse(context, NOT_FOUND))
  app.onError((error, context) => {
    const known = refusalOf(error)
    const isConsequence = known === undefined || known.code === "storageFailed"
    if (isConsequence && node.state.stage === "locked" && !ENTRANCES.has(context.req.path)) return refuse(context, LOCKED)
    if (known !== undefined) return refuse(context, known)
    if (!context.req.raw.signal.aborted) onFailure?.(error)
    return refuse(context, INTERNAL)
  })
  return app
}

function refuse(context: Context, refusal: HttpRefusal): Response {
  return context.body(refusalBody(refusal), refusal.status, { "Content-Type": "application/json" })
}
