import { CHAT_MESSAGE, type Kind, type VerifiedRecord, makeKind, notifyTag, RESULT } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { type Persona, persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { Peer, PolicyContext } from "./policy.ts"
import { READ_RULES, type Role, SUBMIT_RULES, rolesPolicy } from "./roles.ts"

const member = persona(1)
const stranger = persona(2)
const third = persona(3)
const TAGGED: Kind = makeKind({ application: 99, number: 1, handling: "unique", readers: "tagged" })
const OWN: Kind = makeKind({ application: 99, number: 2, handling: "unique", readers: "author" })
const { key: memberKey } = member

const records = {
  "a member's public note": write(member),
  "a member's Author Only record": write(member, { kind: OWN }),
  "a member's sealed record for a stranger": write(member, { kind: TAGGED, tags: [notifyTag(stranger.key)] }),
  "a member's key schedule": schedule(member),
  "a stranger's public note": write(stranger),
  "a stranger's note that tags a member": write(stranger, { tags: [notifyTag(memberKey)] }),
  "a stranger's note that tags a stranger": write(stranger, { tags: [notifyTag(third.key)] }),
  "a stranger's sealed record for a member": write(stranger, { kind: TAGGED, tags: [notifyTag(third.key), notifyTag(memberKey)] }),
  "a stranger's sealed record for a stranger": write(stranger, { kind: TAGGED, tags: [notifyTag(third.key)] }),
  "a stranger's Author Only record": write(stranger, { kind: OWN }),
  "a stranger's line in a room": write(stranger, { kind: CHAT_MESSAGE }),
  "a stranger's key schedule": schedule(stranger),
} as const

type Name = keyof typeof records

const SUBMITS: readonly [Name, Record<Role, boolean>][] = [
  ["a member's public note", { outbox: true, inbox: false, encryption: false }],
  ["a member's Author Only record", { outbox: true, inbox: false, encryption: false }],
  ["a member's sealed record for a stranger", { outbox: true, inbox: false, encryption: false }],
  ["a member's key schedule", { outbox: true, inbox: true, encryption: true }],
  ["a stranger's public note", { outbox: false, inbox: false, encryption: false }],
  ["a stranger's note that tags a member", { outbox: false, inbox: true, encryption: false }],
  ["a stranger's note that tags a stranger", { outbox: false, inbox: false, encryption: false }],
  ["a stranger's sealed record for a member", { outbox: false, inbox: true, encryption: true }],
  ["a stranger's sealed record for a stranger", { outbox: false, inbox: false, encryption: false }],
  ["a stranger's Author Only record", { outbox: false, inbox: false, encryption: false }],
  ["a stranger's line in a room", { outbox: false, inbox: false, encryption: false }],
  ["a stranger's key schedule", { outbox: false, inbox: true, encryption: true }],
]

const context: PolicyContext = { scheduleOf: async () => undefined, masterOf: async (key) => (key === member.deviceKey ? member.key : key) }
const peerOf = (who: Persona | undefined): Peer => ({ key: who?.key, remote: "test", id: 1 })
const read = (record: VerifiedRecord, peer: Peer, roles: readonly Role[], members: "everybody" | "one") => {
  const policy = rolesPolicy({ roles: new Set(roles), members: members === "everybody" ? members : () => [memberKey] })
  return policy.mayRead({ record, received: record.timestamp, sequence: 1 }, peer, context)
}

describe("what a role takes", () => {
  for (const [name, expected] of SUBMITS) {
    for (const role of ["outbox", "inbox", "encryption"] as const) {
      it(`${role} ${expected[role] ? "takes" : "refuses"} ${name}`, async () => {
        const policy = rolesPolicy({ roles: new Set([role]), members: () => [memberKey] })
        // Authentication is not asked for: who brings it does not matter.
        for (const peer of [peerOf(undefined), peerOf(third)]) {
          const verdict = await policy.admit(records[name], peer, context)
          expect(verdict.ok).toBe(expected[role])
          if (!verdict.ok) expect(verdict.code).toBe(RESULT.UNAUTHORIZED)
        }
      })
    }
  }

  it("is the union of all roles of a server", async () => {
    const policy = rolesPolicy({ roles: new Set(["outbox", "encryption"]), members: () => [memberKey] })
    expect((await policy.admit(records["a member's public note"], peerOf(undefined), context)).ok).toBe(true)
    expect((await policy.admit(records["a stranger's sealed record for a member"], peerOf(undefined), context)).ok).toBe(true)
    expect((await policy.admit(records["a stranger's note that tags a member"], peerOf(undefined), context)).ok).toBe(false)
  })

  it("makes everybody a member of an open server", async () => {
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: "everybody" })
    expect((await policy.admit(records["a stranger's public note"], peerOf(undefined), context)).ok).toBe(true)
  })

  it("follows the list of members as it changes", async () => {
    const members = [memberKey]
    const policy = rolesPolicy({ roles: new Set(["outbox"]), members: () => members })
    const admit = async (): Promise<boolean> => (await policy.admit(records["a stranger's public note"], peerOf(undefined), context)).ok
    expect(await admit()).toBe(false)
    members.push(stranger.key)
    expect(await admit()).toBe(true)
  })

  it("has a test for every row", () => {
    const covered = SUBMIT_RULES.every(({ role }) => SUBMITS.some(([, expected]) => expected[role]))
    expect(covered && SUBMIT_RULES.length === 5 && READ_RULES.length === 1).toBe(true)
  })
})

const SEALED = records["a stranger's sealed record for a member"]
const READS: readonly [string, VerifiedRecord, Persona | undefined, readonly Role[], "everybody" | "one", boolean][] = [
  ["the member who is tagged", SEALED, member, ["encryption"], "one", true],
  ["another who is tagged, a member or not", SEALED, third, ["encryption"], "one", true],
  ["its author", SEALED, stranger, ["encryption"], "one", false],
  ["nobody who is anonymous", SEALED, undefined, ["encryption"], "one", false],
  ["its author, with an outbox of others beside it", SEALED, stranger, ["encryption", "outbox"], "one", false],
  ["its author, with an inbox beside it", SEALED, stranger, ["encryption", "inbox"], "one", false],
  ["its author, on an open outbox", SEALED, stranger, ["encryption", "outbox"], "everybody", true],
  ["its author, on an inbox alone", SEALED, stranger, ["inbox"], "one", true],
  [
    "its author, who is a member with their outbox here",
    records["a member's sealed record for a stranger"],
    member,
    ["encryption", "outbox"],
    "one",
    true,
  ],
  ["anybody, when it is public", records["a stranger's note that tags a member"], undefined, ["encryption", "inbox"], "one", true],
]

describe("what a role shows of what the kind lets read", () => {
  for (const [who, record, reader, roles, members, expected] of READS) {
    it(`${roles.join(" and ")} (${members === "one" ? "members" : "open"}): ${expected ? "to" : "not to"} ${who}`, async () => {
      expect(await read(record, peerOf(reader), roles, members)).toBe(expected)
    })
  }

  it("counts a signing subkey as its master", async () => {
    expect(await read(SEALED, { key: member.deviceKey, remote: "test", id: 1 }, ["encryption"], "one")).toBe(true)
  })
})
