import { setTimeout as wait } from "node:timers/promises"
import type { NewNote, PassphraseRequest, ProfileRequest, RestoreRequest, Settings, SetupRequest } from "@tessera/node/api"
import type { MemoryNode } from "./memory-node.ts"
import { Refused } from "./refused.ts"
import { SAMPLE_SHEET, SAMPLE_SHEET_QR } from "./samples.ts"

interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly bytes?: Uint8Array
}

const WORDS = ["anchor", "velvet", "ribbon", "candle", "orbit"]

/** About as long as the real work with a passphrase takes, shortened for tests. */
const WORK = 60

async function unlock(node: MemoryNode, passphrase: string): Promise<void> {
  await wait(WORK)
  if (passphrase !== node.passphrase)
    throw new Refused(403, "wrongPassphrase", "This passphrase is not right. Please check it and try again.")
}

/** Answers one request of the contract. */
export async function answer(node: MemoryNode, method: string, url: URL, body: unknown): Promise<Answer> {
  const [, , first = "", second = "", third = ""] = url.pathname.split("/").map(decodeURIComponent)
  const route = `${method} ${first}`
  const closed = ["state", "passphrase-suggestion", "setup", "restore", "unlock"]
  if (node.stage !== "open" && !closed.includes(first)) throw new Refused(409, "wrongStage", "Tessera is locked. Please unlock it first.")
  switch (route) {
    case "GET state":
      return { json: { stage: node.stage, version: "0.1.0" } }
    case "GET passphrase-suggestion":
      return { json: { words: WORDS } }
    case "POST setup":
    case "POST restore": {
      const request = body as SetupRequest & Partial<RestoreRequest>
      await wait(WORK)
      if (first === "restore" && request.sheet !== SAMPLE_SHEET)
        throw new Refused(
          400,
          "badSheet",
          "This text is not a whole recovery sheet. It begins with mocryptsec0; please compare it letter by letter.",
        )
      node.displayName = request.name
      node.passphrase = request.passphrase
      node.stage = "open"
      node.settings = { theme: "system", recoverySheetOffered: first === "restore" }
      return { status: 201, json: node.me() }
    }
    case "POST unlock":
      await unlock(node, (body as { passphrase: string }).passphrase)
      node.stage = "open"
      return { json: node.me() }
    case "POST lock":
      node.stage = "locked"
      node.emit({ type: "state", state: { stage: "locked", version: "0.1.0" } })
      return { json: {} }
    case "GET me":
      return { json: node.me() }
    case "PUT me": {
      const request = body as ProfileRequest
      await unlock(node, request.passphrase)
      node.displayName = request.displayName
      node.about = request.about
      if (request.picture === null) node.pictures.delete(node.me().person)
      else if (request.picture !== undefined) node.setPicture("me", Buffer.from(request.picture, "base64"))
      node.emit({ type: "me", me: node.me() })
      return { json: node.me() }
    }
    case "POST passphrase": {
      const request = body as PassphraseRequest
      await unlock(node, request.current)
      node.passphrase = request.next
      return { json: {} }
    }
    case "POST recovery-sheet":
      await unlock(node, (body as { passphrase: string }).passphrase)
      return {
        json: { displayName: node.displayName, person: node.me().person, text: SAMPLE_SHEET, qr: SAMPLE_SHEET_QR, madeAt: Date.now() },
      }
    case "PATCH settings":
      node.settings = { ...node.settings, ...(body as Partial<Settings>) }
      node.emit({ type: "me", me: node.me() })
      return { json: node.settings }
    case "GET timeline":
      return { json: node.timeline(Number(url.searchParams.get("limit") ?? 50), url.searchParams.get("before") ?? undefined) }
    case "POST notes":
      return { status: 201, json: node.write("me", body as NewNote) }
    case "PUT notes":
      return { json: node.edit(second, (body as { text: string }).text) }
    case "GET notes":
      return { json: third === "history" ? node.history(second) : node.thread(second) }
    case "POST cards":
      await wait(WORK)
      return { json: node.look((body as { card: string }).card) }
    case "GET people":
      return { json: second === "" ? { people: node.people() } : node.personByKey(second) }
    case "POST people": {
      const { card, petname } = body as { card: string; petname?: string }
      return { status: 201, json: node.follow(card, petname) }
    }
    case "PATCH people":
      return { json: node.rename(second, (body as { petname: string }).petname) }
    case "DELETE people":
      node.unfollow(second)
      return { json: {} }
    case "GET pictures": {
      const picture = node.pictures.get(second)
      if (picture === undefined) throw new Refused(404, "notFound", "There is no such picture.")
      return { bytes: picture.bytes }
    }
    default:
      throw new Refused(404, "notFound", "There is nothing here.")
  }
}
