import { StorageError } from "@tessera/mosaic-server"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import { diskFault } from "../adapters/disk-fault.ts"
import { CardError } from "../card/card.ts"
import { SheetError } from "../keys/keys.ts"
import { PictureError } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"
import { BusyError } from "../turnstile.ts"
import { VaultError } from "../vault/vault.ts"
import type { ErrorCode } from "./contract.ts"

/** An answer that says no. */
export interface HttpRefusal {
  readonly status: ContentfulStatusCode
  readonly code: ErrorCode
  /** A sentence for the person. */
  readonly message: string
}

const STATUS = {
  badRequest: 400,
  wrongPassphrase: 403,
  wrongStage: 409,
  ownCard: 409,
  notFound: 404,
  noAnswer: 404,
  notYours: 403,
  tooLarge: 413,
} as const satisfies Record<Refusal["code"], number>

/** What is said about an error; `undefined` for one of ours, of which the person only learns that there was one. */
export function refusalOf(raised: unknown): HttpRefusal | undefined {
  const error = diskFault("Tessera's data", raised)
  if (error instanceof Refusal) return { status: STATUS[error.code], code: error.code, message: error.message }
  if (error instanceof CardError) return { status: 400, code: "badCard", message: error.message }
  if (error instanceof SheetError) return { status: 400, code: "badSheet", message: error.message }
  if (error instanceof PictureError) return { status: 400, code: "badPicture", message: error.message }
  if (error instanceof BusyError) return { status: 429, code: "busy", message: error.message }
  if (error instanceof VaultError) {
    const isData = error.code === "malformed" || error.code === "newerVersion"
    return { status: isData ? 500 : 409, code: isData ? "storageFailed" : "wrongStage", message: error.message }
  }
  if (error instanceof StorageError) {
    if (error.reason !== "full") return { status: 500, code: "storageFailed", message: error.message }
    return { status: 507, code: "storageFull", message: "The disk is full. Nothing of this was saved; make room and try again." }
  }
  return undefined
}

export const INTERNAL: HttpRefusal = {
  status: 500,
  code: "internal",
  message: "Something in Tessera failed. Try again; if it fails again, start Tessera anew.",
}

export const NOT_FOUND: HttpRefusal = { status: 404, code: "notFound", message: "There is nothing here." }

/** Writes a refusal as the contract says. */
export function refusalBody({ code, message }: Pick<HttpRefusal, "code" | "message">): string {
  return JSON.stringify({ error: { code, message } })
}
