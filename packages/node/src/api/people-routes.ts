import { DecodeError, parseUserKey, VerifyError } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { Node } from "../node.ts"
import { badPart } from "./api.ts"
import type { Api } from "./api.ts"
import { readJson } from "./body.ts"
import { PATHS } from "./contract.ts"
import { cardRequest, followRequest, petnameRequest } from "./schemas.ts"

/** Cards, other people and their pictures. */
export function peopleRoutes(app: Api, node: Node): void {
  app.post(PATHS.lookAtCard, async (context) => {
    const { people } = node.person()
    const { card } = await readJson(context.req.raw, cardRequest)
    return context.json(await people.look(card, context.req.raw.signal))
  })
  app.get(PATHS.people, (context) => context.json({ people: node.person().people.list() }))
  app.post(PATHS.people, async (context) => {
    const { people } = node.person()
    const { card, petname } = await readJson(context.req.raw, followRequest)
    return context.json(await people.follow(card, petname, context.req.raw.signal), 201)
  })
  app.get(`${PATHS.people}/:key`, (context) => context.json(node.person().people.get(readKey(context.req.param("key")))))
  app.patch(`${PATHS.people}/:key`, async (context) => {
    const { people } = node.person()
    const key = readKey(context.req.param("key"))
    const { petname } = await readJson(context.req.raw, petnameRequest)
    return context.json(await people.rename(key, petname))
  })
  app.delete(`${PATHS.people}/:key`, async (context) => {
    await node.person().people.unfollow(readKey(context.req.param("key")))
    return context.json({})
  })
  app.get("/api/pictures/:key/:version", async (context) => {
    const picture = await node.person().people.picture(readKey(context.req.param("key")), context.req.param("version"))
    return context.body(Uint8Array.from(picture), 200, { "Content-Type": "image/webp" })
  })
}

function readKey(text: string): PublicKey {
  try {
    return parseUserKey(text)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) throw badPart("it names nobody")
    throw error
  }
}
