import { type PublicKey, type Timestamp, formatUserKey, parseTimestamp, parseUserKey, toHex } from "@tessera/mosaic"
import type { Ban, BanSubject } from "../policy/ban-list.ts"
import { formatIpRange, parseIpRange } from "../policy/ip-address.ts"

/** Somebody who asks to be a member. */
export interface MembershipRequest {
  readonly key: PublicKey
  /** What they said, at most 1,024 bytes. */
  readonly text: string
  readonly at: Timestamp
}

/** A code that makes members. */
export interface Invite {
  readonly code: string
  /** How many it still makes. */
  readonly uses: number
  /** When it ends; undefined: never. */
  readonly until: Timestamp | undefined
}

/** What the owner of a server has decided, and has still to decide. Maps by the hexadecimal key, the code, the subject's text. */
export interface HostState {
  readonly members: ReadonlyMap<string, PublicKey>
  readonly requests: ReadonlyMap<string, MembershipRequest>
  readonly invites: ReadonlyMap<string, Invite>
  readonly bans: ReadonlyMap<string, Ban>
}

/** Of a server that is new. */
export const EMPTY_HOST_STATE: HostState = { members: new Map(), requests: new Map(), invites: new Map(), bans: new Map() }

/** Names a ban's subject: a person's key (`mopub0…`) or a range of addresses. */
export const formatBanSubject = (subject: BanSubject): string =>
  subject.type === "key" ? formatUserKey(subject.key) : formatIpRange(subject.range)

/** Reads such a name. @throws {DecodeError | VerifyError} when it starts as a key and is none. Undefined when it is neither. */
export function parseBanSubject(text: string): BanSubject | undefined {
  if (text.startsWith("mopub0")) return { type: "key", key: parseUserKey(text) }
  const range = parseIpRange(text)
  return range === undefined ? undefined : { type: "address", range }
}

/** Writes the state as one JSON text. Times are nanoseconds, as decimal digits, for which JSON's numbers are too small. */
export function formatHostState({ members, requests, invites, bans }: HostState): string {
  const value = {
    version: 1,
    members: [...members.values()].map(formatUserKey),
    requests: [...requests.values()].map(({ key, text, at }) => ({ key: formatUserKey(key), text, at: String(at) })),
    invites: [...invites.values()].map(({ code, uses, until }) => ({ code, uses, until: until === undefined ? null : String(until) })),
    bans: [...bans.values()].map(({ subject, until }) => ({
      subject: formatBanSubject(subject),
      until: until === undefined ? null : String(until),
    })),
  }
  return `${JSON.stringify(value, undefined, 1)}\n`
}

/** Reads such a text, which is the server's own file. @throws {SyntaxError} when it is no JSON or not of this form. */
export function parseHostState(text: string): HostState {
  const file: unknown = JSON.parse(text)
  if (!isObject(file) || file["version"] !== 1) throw new SyntaxError("host state: another version")
  const list = <T>(name: string, read: (entry: Record<string, unknown>) => T): readonly T[] => {
    const value = file[name]
    if (!Array.isArray(value) || !value.every(isObject)) throw new SyntaxError(`host state: ${name}`)
    return value.map(read)
  }
  const members = Array.isArray(file["members"]) ? file["members"].map((key) => parseUserKey(asText(key))) : []
  const requests = list("requests", ({ key, text: said, at }) => ({ key: parseUserKey(asText(key)), text: asText(said), at: time(at) }))
  const invites = list("invites", ({ code, uses, until }) => ({ code: asText(code), uses: count(uses), until: end(until) }))
  const bans = list("bans", ({ subject, until }) => ({ subject: asSubject(subject), until: end(until) }))
  return {
    members: new Map(members.map((key) => [toHex(key), key])),
    requests: new Map(requests.map((request) => [toHex(request.key), request])),
    invites: new Map(invites.map((invite) => [invite.code, invite])),
    bans: new Map(bans.map((ban) => [formatBanSubject(ban.subject), ban])),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value)

function asText(value: unknown): string {
  if (typeof value !== "string") throw new SyntaxError("host state: no text")
  return value
}

function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) throw new SyntaxError("host state: no count")
  return value
}

function time(value: unknown): Timestamp {
  if (!/^\d{1,19}$/.test(asText(value))) throw new SyntaxError("host state: no time")
  return parseTimestamp(BigInt(asText(value)))
}

const end = (value: unknown): Timestamp | undefined => (value === null ? undefined : time(value))

function asSubject(value: unknown): BanSubject {
  const subject = parseBanSubject(asText(value))
  if (subject === undefined) throw new SyntaxError("host state: no subject of a ban")
  return subject
}
