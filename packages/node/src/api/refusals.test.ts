import { StorageError } from "@tessera/mosaic-server"
import { expect, test } from "vitest"
import { parseCard } from "../card/card.ts"
import { PictureError } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"
import { BusyError } from "../turnstile.ts"
import { VaultError } from "../vault/vault.ts"
import { refusalOf } from "./refusals.ts"

const cardError = (): unknown => {
  try {
    return parseCard("no card")
  } catch (error) {
    return error
  }
}

test.each([
  [new Refusal("notFound", "Gone."), 404, "notFound"],
  [new Refusal("notYours", "Not yours."), 403, "notYours"],
  [new Refusal("wrongStage", "Locked."), 409, "wrongStage"],
  [cardError(), 400, "badCard"],
  [new PictureError("Too large."), 400, "badPicture"],
  [new BusyError(), 429, "busy"],
  [new StorageError("full", "x"), 507, "storageFull"],
  [Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" }), 507, "storageFull"],
  [Object.assign(new Error("no space left on device"), { code: "ENOSPC" }), 507, "storageFull"],
  [new StorageError("corrupt", "The file is damaged."), 500, "storageFailed"],
  [new VaultError("malformed", "The vault is damaged."), 500, "storageFailed"],
  [new VaultError("locked", "Locked meanwhile."), 409, "wrongStage"],
])("%s is answered with %d %s and a sentence", (error, status, code) => {
  const refusal = refusalOf(error)
  expect(refusal).toMatchObject({ status, code })
  expect(refusal?.message).toMatch(/^[A-Z].*\.$/)
})

test("a failure of ours says nothing of what failed", () => {
  expect(refusalOf(new TypeError("secret detail"))).toBeUndefined()
  expect(refusalOf(undefined)).toBeUndefined()
})
