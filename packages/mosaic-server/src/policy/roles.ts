import { KEY_SCHEDULE, type PublicKey, RESULT, type VerifiedRecord, equalBytes, kindReaders } from "@tessera/mosaic"
import { ALLOWED, type Peer, type Policy, type PolicyContext, refuse } from "./policy.ts"
import { isTagged, taggedKeys } from "./reading-rights.ts"
import { StrangerSchedules } from "./stranger-schedules.ts"

const STRANGERS = 10_000

/** What a server does for its members (specification, "Server Roles"). */
export type Role = "outbox" | "inbox" | "encryption"

/** Everybody on an open server; otherwise whose master keys these are, asked anew for each record. */
export type Members = "everybody" | (() => readonly PublicKey[])

export interface RolesOptions {
  readonly roles: ReadonlySet<Role>
  readonly members: Members
  /** Strangers whose key schedules an inbox or encryption server keeps at the same time; 10,000 when not given. */
  readonly strangers?: number
}

/** A record as the rules look at it. */
interface Case {
  readonly isKeySchedule: boolean
  /** The kind's reading rights are Author + Tagged. */
  readonly isForTagged: boolean
  readonly authorIsMember: boolean
  readonly tagsMember: boolean
}

/** What each role takes. A record that no rule of the server's roles takes is `UNAUTHORIZED`: strangers' records want a role that takes them. */
export const SUBMIT_RULES: readonly { readonly role: Role; readonly rule: string; readonly takes: (record: Case) => boolean }[] = [
  { role: "outbox", rule: "whatever a member wrote", takes: (record) => record.authorIsMember },
  { role: "inbox", rule: "what tags a member, of anybody", takes: (record) => record.tagsMember },
  { role: "inbox", rule: "anybody's Key Schedule, so that strangers can write", takes: (record) => record.isKeySchedule },
  {
    role: "encryption",
    rule: "Author + Tagged records that tag a member, of anybody",
    takes: (record) => record.isForTagged && record.tagsMember,
  },
  { role: "encryption", rule: "anybody's Key Schedule, so that strangers can write", takes: (record) => record.isKeySchedule },
]

/** What a role withholds, although the kind's reading rights would show it. */
export const READ_RULES: readonly {
  readonly role: Role
  readonly rule: string
  readonly unless: Role
  readonly withholds: (record: Case, reader: { readonly isTagged: boolean }) => boolean
  readonly lifted: (record: Case) => boolean
}[] = [
  {
    role: "encryption",
    rule: "only those tagged read Author + Tagged records that tag a member, not even their author",
    withholds: (record, reader) => record.isForTagged && record.tagsMember && !reader.isTagged,
    // The server is the author's outbox as well: there they read what they wrote.
    unless: "outbox",
    lifted: (record) => record.authorIsMember,
  },
]

/** The policy of a server that serves its members in some of the roles of the network page. */
export function rolesPolicy({ roles, members, strangers = STRANGERS }: RolesOptions): Policy {
  const submitRules = SUBMIT_RULES.filter(({ role }) => roles.has(role))
  const readRules = READ_RULES.filter(({ role }) => roles.has(role))
  const schedules = new StrangerSchedules({ isMember: (author) => isMember(author, members), most: strangers })
  return {
    tidy: (store, now, signal) => (members === "everybody" ? Promise.resolve() : schedules.tidy(store, now, signal)),
    admit(record) {
      const facts = describe(record, members)
      if (submitRules.some(({ takes }) => takes(facts)))
        return facts.isKeySchedule && !facts.authorIsMember ? schedules.admit(record) : ALLOWED
      return refuse(RESULT.UNAUTHORIZED, `no rule takes this record as ${[...roles].join(", ")}`)
    },
    async mayRead({ record }, peer, context) {
      if (readRules.length === 0 || kindReaders(record.kind) !== "tagged") return true
      const facts = describe(record, members)
      const reader = { isTagged: isTagged(record, await keysOf(peer, context)) }
      return !readRules.some(({ withholds, unless, lifted }) => withholds(facts, reader) && !(roles.has(unless) && lifted(facts)))
    },
  }
}

function describe(record: VerifiedRecord, members: Members): Case {
  return {
    isKeySchedule: record.kind === KEY_SCHEDULE,
    isForTagged: kindReaders(record.kind) === "tagged",
    authorIsMember: isMember(record.author, members),
    tagsMember: taggedKeys(record).some((key) => isMember(key, members)),
  }
}

const isMember = (key: Uint8Array, members: Members): boolean =>
  members === "everybody" || members().some((member) => equalBytes(member, key))

async function keysOf(peer: Peer, context: PolicyContext): Promise<readonly PublicKey[]> {
  return peer.key === undefined ? [] : [peer.key, await context.masterOf(peer.key)]
}
