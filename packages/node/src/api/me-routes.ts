import { PictureError } from "../profile/profile.ts"
import type { Node } from "../node.ts"
import type { Api } from "./api.ts"
import { readJson } from "./body.ts"
import { PATHS } from "./contract.ts"
import { passphraseRequest, profileRequest, recoverySheetRequest, settingsRequest } from "./schemas.ts"

/** The person's own page. */
export function meRoutes(app: Api, node: Node): void {
  app.get(PATHS.me, (context) => context.json(node.person().me()))
  app.put(PATHS.profile, async (context) => {
    const person = node.person()
    const request = await readJson(context.req.raw, profileRequest)
    const { picture } = request
    const bytes = typeof picture === "string" ? decodeBase64(picture) : picture
    return context.json(
      await person.editProfile({ ...request, ...(bytes === undefined ? {} : { pictureBytes: bytes }) }, context.req.raw.signal),
    )
  })
  app.post(PATHS.passphrase, async (context) => {
    const person = node.person()
    const { current, next } = await readJson(context.req.raw, passphraseRequest)
    await person.changePassphrase(current, next, context.req.raw.signal)
    return context.json({})
  })
  app.post(PATHS.recoverySheet, async (context) => {
    const person = node.person()
    const { passphrase } = await readJson(context.req.raw, recoverySheetRequest)
    return context.json(await person.recoverySheet(passphrase, context.req.raw.signal))
  })
  app.patch(PATHS.settings, async (context) => {
    const person = node.person()
    return context.json(await person.changeSettings(await readJson(context.req.raw, settingsRequest)))
  })
}

/** @throws {PictureError} for what is no Base64. */
function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new PictureError("The picture did not arrive whole. Choose it again.")
  return Uint8Array.from(Buffer.from(text, "base64"))
}
