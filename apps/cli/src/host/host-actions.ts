import { randomBytes } from "node:crypto"
import {
  DecodeError,
  type PublicKey,
  type RecordId,
  RESULT,
  type Timestamp,
  VerifyError,
  decodeUtf8,
  formatReference,
  formatUserKey,
  isRecordId,
  parseReferenceText,
  parseTimestamp,
  parseUserKey,
  resultName,
  timestampToUnixMillis,
} from "@tessera/mosaic"
import {
  type BanSubject,
  type HoldQueue,
  type HostBook,
  HostBookFullError,
  type Release,
  type StoredRecord,
  formatBanSubject,
  parseBanSubject,
} from "@tessera/mosaic-server"

/** The owner asked for something that there is not, or may not be: a sentence for them. */
export class HostRefusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = "HostRefusal"
    this.code = code
  }
}

/** What the actions work on. */
export interface HostDesk {
  readonly book: HostBook
  readonly isOpen: boolean
  /** Undefined when the server does not moderate. */
  readonly queue: HoldQueue | undefined
  readonly release: Release
  readonly now: () => Timestamp
}

/** What is asked: texts and numbers by name. */
export type HostRequest = Readonly<Record<string, unknown>>

/** One thing that the owner can do, with the answer as JSON. @throws {HostRefusal} */
export type HostAction = (desk: HostDesk, request: HostRequest) => Promise<unknown>

const SHOWN_RECORDS = 100
/** What of a held record's text is shown, in characters. */
const SHOWN_TEXT = 500

/** Everything that the owner of a running server can do, by name. */
export const HOST_ACTIONS: Readonly<Record<string, HostAction>> = {
  "members/list": async ({ book }) =>
    [...book.members].map((key) => ({ key: formatUserKey(key), from: book.isBooked(key) ? "book" : "options" })),
  "members/add": async ({ book, isOpen }, request) => {
    if (isOpen) throw new HostRefusal("open", "this server is open: everybody is a member.")
    return { added: await book.addMember(keyIn(request)) }
  },
  "members/remove": async ({ book }, request) => {
    const key = keyIn(request)
    if (await book.removeMember(key)) return { removed: true }
    if (book.members.has(key)) throw new HostRefusal("notBooked", "this member stands in --member or the member file; take them out there.")
    throw new HostRefusal("notFound", "there is no such member.")
  },
  "requests/list": async ({ book }) => book.requests.map(({ key, text, at }) => ({ key: formatUserKey(key), text, at: date(at) })),
  "requests/accept": async ({ book }, request) => found(await book.acceptRequest(keyIn(request)), "request", { accepted: true }),
  "requests/refuse": async ({ book }, request) => found(await book.refuseRequest(keyIn(request)), "request", { refused: true }),
  "invites/list": async ({ book }) => book.invites.map(({ code, uses, until }) => ({ code, uses, until: date(until) })),
  "invites/new": async ({ book, isOpen, now }, request) => {
    if (isOpen) throw new HostRefusal("open", "this server is open: nobody needs an invite.")
    // 80 bits, in letters that survive being read aloud.
    const code = Array.from(randomBytes(16), (byte) => "ybndrfg8ejkmcpqxot1uwisza345h769"[byte & 31]).join("")
    const invite = { code, uses: request["uses"] === undefined ? 1 : Number(request["uses"]), until: untilIn(request, now) }
    await book.addInvite(invite)
    return { ...invite, until: date(invite.until) }
  },
  "invites/revoke": async ({ book }, request) => found(await book.revokeInvite(textIn(request, "code")), "invite", { revoked: true }),
  "bans/list": async ({ book }) => [...book.bans].map(({ subject, until }) => ({ subject: formatBanSubject(subject), until: date(until) })),
  "bans/add": async ({ book, now }, request) => {
    const ban = { subject: subjectIn(request), until: untilIn(request, now) }
    await book.addBan(ban)
    return { subject: formatBanSubject(ban.subject), until: date(ban.until) }
  },
  "bans/remove": async ({ book }, request) => found(await book.removeBan(subjectIn(request)), "ban", { removed: true }),
  "held/list": async (desk) => {
    const { records } = await queueOf(desk).list(SHOWN_RECORDS)
    return records.map(describeHeld)
  },
  "held/approve": async (desk, request) => {
    const outcome = await queueOf(desk).approve(idIn(request), desk.release)
    if (outcome === undefined) throw new HostRefusal("notFound", "no such record waits.")
    if (outcome.code !== RESULT.ACCEPTED && outcome.code !== RESULT.DUPLICATE)
      throw new HostRefusal("refused", `the server refuses it now: ${resultName(outcome.code)}, ${outcome.reason ?? "without a reason"}.`)
    return { approved: true }
  },
  "held/reject": async (desk, request) => {
    if (!(await queueOf(desk).reject(idIn(request)))) throw new HostRefusal("notFound", "no such record waits.")
    return { rejected: true }
  },
}

/** Turns what the request or the book has wrong into a refusal. */
export async function runHostAction(name: string, desk: HostDesk, request: HostRequest): Promise<unknown> {
  const action = Object.hasOwn(HOST_ACTIONS, name) ? HOST_ACTIONS[name] : undefined
  if (action === undefined) throw new HostRefusal("unknown", "the running server knows no such thing; is it of another version?")
  try {
    return await action(desk, request)
  } catch (error) {
    if (error instanceof HostBookFullError) throw new HostRefusal("full", `there would be ${error.message}.`)
    if (error instanceof DecodeError || error instanceof VerifyError)
      throw new HostRefusal("badWord", `this cannot be read: ${error.reason}.`)
    throw error
  }
}

function found<T>(isFound: boolean, what: string, answer: T): T {
  if (!isFound) throw new HostRefusal("notFound", `there is no such ${what}.`)
  return answer
}

function queueOf({ queue }: HostDesk): HoldQueue {
  if (queue === undefined) throw new HostRefusal("notModerated", "this server does not moderate: it was started without --moderate.")
  return queue
}

function textIn(request: HostRequest, name: string): string {
  const value = request[name]
  if (typeof value !== "string") throw new HostRefusal("badWord", `the ${name} is missing.`)
  return value
}

const keyIn = (request: HostRequest): PublicKey => parseUserKey(textIn(request, "key"))

function subjectIn(request: HostRequest): BanSubject {
  const subject = parseBanSubject(textIn(request, "subject"))
  if (subject === undefined)
    throw new HostRefusal("badWord", "this is neither a key (mopub0…) nor an address or range (192.0.2.7, 2001:db8::/32).")
  return subject
}

function idIn(request: HostRequest): RecordId {
  const reference = parseReferenceText(textIn(request, "id"))
  if (!isRecordId(reference)) throw new HostRefusal("badWord", "this is an address; `tessera host held list` shows ids.")
  return reference
}

/** When something ends of which `seconds` were said; undefined: never. */
function untilIn(request: HostRequest, now: () => Timestamp): Timestamp | undefined {
  const { seconds } = request
  return typeof seconds === "number" ? parseTimestamp(now() + BigInt(seconds) * 1_000_000_000n) : undefined
}

const date = (timestamp: Timestamp | undefined): string | null =>
  timestamp === undefined ? null : new Date(timestampToUnixMillis(timestamp)).toISOString()

function describeHeld({ record, received }: StoredRecord): unknown {
  return {
    id: formatReference(record.id),
    author: formatUserKey(record.author),
    kind: record.kind.toString(16).padStart(16, "0"),
    bytes: record.bytes.length,
    received: date(received),
    text: readText(() => decodeUtf8(record.readPayload())),
  }
}

/** The payload as text, when it is one. */
function readText(read: () => string): string | null {
  try {
    return read().slice(0, SHOWN_TEXT)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
