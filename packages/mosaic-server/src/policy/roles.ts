import { KEY_SCHEDULE, type PublicKey, RESULT, type VerifiedRecord, kindReaders } from "@tessera/mosaic"
import { type Members, isMember } from "./members.ts"
import { ALLOWED, type Peer, type Policy, type PolicyContext, refuse } from "./policy.ts"
import { isTagged, taggedKeys } from "./reading-rights.ts"
import { StrangerSchedules } from "./stranger-schedules.ts"

const STRANGERS = 10_000

/** What a server does for its members (specification, "Server Roles"). */
export type Role = "outbox" | "inbox" | "encryption"

/** Which roles a server plays, and for whom. */
export interface RolesOptions {
  readonly roles: ReadonlySet<Role>
  readonly members: Members
  /** Strangers whose key schedules an inbox or encryption server keeps at the same time; 10,000 when not given. */
  readonly strangers?: number
  /** Whether something beside the store still needs a stranger's key schedule, such as a record that waits for approval. */
  readonly isNeeded?: (author: PublicKey) => boolean | Promise<boolean>
}

/** A record as the rules look at it. On an open server everybody is a member. */
interface Case {
  readonly isKeySchedule: boolean
  /** The kind's reading rights are Author + Tagged. */
  readonly isForTagged: boolean
  readonly authorIsMember: boolean
  readonly tagsMember: boolean
}

/**
 * What each role takes, whoever brings it: authentication is asked for nothing but FROM_AUTHOR. A server takes what any of its roles takes; a record
 * that none takes is `UNAUTHORIZED`. Beside each rule stands the sentence of the network page that it serves; what "except where abuse prevention
 * is concerned" allows is the matter of the other policies. (That a server be reachable from the Internet and mostly up is its owner's matter.)
 */
export const SUBMIT_RULES: readonly {
  readonly role: Role
  readonly rule: string
  readonly page: string
  readonly takes: (record: Case) => boolean
}[] = [
  {
    role: "outbox",
    rule: "whatever a member wrote",
    page: "They MUST accept messages from the users that they are serving, except where abuse prevention is concerned.",
    takes: (record) => record.authorIsMember,
  },
  {
    role: "inbox",
    rule: "what tags a member, of anybody",
    page: "They MUST accept messages from strangers, … without requiring authentication and without requiring payment.",
    takes: (record) => record.tagsMember,
  },
  {
    role: "inbox",
    rule: "anybody's Key Schedule, so that strangers can write with their subkeys",
    page: "They MUST accept messages from strangers, … without requiring authentication and without requiring payment.",
    takes: (record) => record.isKeySchedule,
  },
  {
    role: "encryption",
    rule: "Author + Tagged records that tag a member, of anybody",
    page: "Encryption servers function like inbox servers but handle private encrypted messages … that only the user can read back.",
    takes: (record) => record.isForTagged && record.tagsMember,
  },
  {
    role: "encryption",
    rule: "anybody's Key Schedule, so that strangers can write with their subkeys",
    page: "They MUST accept messages from strangers, … without requiring authentication and without requiring payment.",
    takes: (record) => record.isKeySchedule,
  },
]

/**
 * Which blobs each role takes. A blob names nobody and carries no signature: that a member brings it is known by authentication alone, on an open server
 * it is anybody. To get a blob nothing is asked but its hash: "They MUST deliver such messages to anybody who requests them".
 */
export const BLOB_RULES: readonly {
  readonly role: Role
  readonly rule: string
  readonly page: string
  readonly takes: (bringer: { readonly isMember: boolean }) => boolean
}[] = [
  {
    role: "outbox",
    rule: "whatever a member brings",
    page: "They MUST accept messages from the users that they are serving, except where abuse prevention is concerned.",
    takes: (bringer) => bringer.isMember,
  },
]

/**
 * What a role withholds of what the kind's reading rights show. A server withholds what any of its roles does, unless another of its roles lifts it.
 * A role that withholds nothing serves whoever has the right to read: anonymous peers what is for everybody, and the intended recipients, once they
 * have authenticated, what is for them.
 */
export const READ_RULES: readonly {
  readonly role: Role
  readonly rule: string
  readonly page: string
  readonly withholds: (record: Case, reader: { readonly isTagged: boolean }) => boolean
  readonly lifted?: { readonly by: Role; readonly rule: string; readonly when: (record: Case) => boolean }
}[] = [
  {
    role: "outbox",
    rule: "withholds nothing",
    page: "They MUST deliver such messages to anybody who requests them without requiring authentication and without requiring payment.",
    withholds: () => false,
  },
  {
    role: "inbox",
    rule: "withholds nothing; what waits for moderation is not stored yet",
    page: "They SHOULD serve messages to anybody without requiring authentication and without requiring payment.",
    withholds: () => false,
  },
  {
    role: "encryption",
    rule: "only those tagged read Author + Tagged records, not even their author",
    page: "They MUST NOT deliver messages to anybody other than the indended recipient.",
    withholds: (record, reader) => record.isForTagged && !reader.isTagged,
    lifted: {
      by: "outbox",
      rule: "where the server is the author's outbox they read what they wrote",
      when: (record) => record.authorIsMember,
    },
  },
]

/** The policy of a server that serves its members in some of the roles of the network page. */
export function rolesPolicy({ roles, members, strangers = STRANGERS, isNeeded = () => false }: RolesOptions): Policy {
  const submitRules = SUBMIT_RULES.filter(({ role }) => roles.has(role))
  const readRules = READ_RULES.filter(({ role }) => roles.has(role))
  const schedules = new StrangerSchedules({ isMember: (author) => isMember(author, members), most: strangers, isNeeded })
  return {
    tidy: (store, now, signal) => (members === "everybody" ? Promise.resolve() : schedules.tidy(store, now, signal)),
    admit(record) {
      const facts = describe(record, members)
      if (submitRules.some(({ takes }) => takes(facts)))
        return facts.isKeySchedule && !facts.authorIsMember ? schedules.admit(record) : ALLOWED
      return refuse(RESULT.UNAUTHORIZED, `no rule takes this record as ${[...roles].join(", ")}`)
    },
    admitBootstrap({ key }) {
      return isMember(key, members) ? ALLOWED : refuse(RESULT.UNAUTHORIZED, "it is no member's bootstrap")
    },
    async admitBlob(_blob, peer, context) {
      const takes = (bringer: { readonly isMember: boolean }) => BLOB_RULES.some((rule) => roles.has(rule.role) && rule.takes(bringer))
      const keys = await keysOf(peer, context)
      if (takes({ isMember: members === "everybody" || keys.some((key) => isMember(key, members)) })) return ALLOWED
      if (keys.length === 0 && takes({ isMember: true }))
        return refuse(RESULT.REQUIRES_AUTHENTICATION, "a blob of somebody who has not authenticated")
      return refuse(RESULT.UNAUTHORIZED, `no rule takes blobs of this peer as ${[...roles].join(", ")}`)
    },
    async mayRead({ record }, peer, context) {
      if (readRules.length === 0 || kindReaders(record.kind) !== "tagged") return true
      const facts = describe(record, members)
      const reader = { isTagged: isTagged(record, await keysOf(peer, context)) }
      return !readRules.some(
        ({ withholds, lifted }) => withholds(facts, reader) && !(lifted !== undefined && roles.has(lifted.by) && lifted.when(facts)),
      )
    },
    onChange: (listener) =>
      members === "everybody" ? { [Symbol.dispose]() {} } : members.onRemoved((removed) => listener({ type: "removed", members: removed })),
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

async function keysOf(peer: Peer, context: PolicyContext): Promise<readonly PublicKey[]> {
  return peer.key === undefined ? [] : [peer.key, await context.masterOf(peer.key)]
}
