import {
  type PublicKey,
  type VerifiedRecord,
  KEY_SCHEDULE,
  RESULT,
  hashBlob,
  kindReaders,
  makeKind,
  notifyTag,
  resultName,
  toHex,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { Acceptance } from "../acceptance.ts"
import { KeyScheduleDirectory } from "../schedules/directory.ts"
import { openMemoryStore } from "../store/memory.ts"
import { FanOut } from "../subscriptions/fan-out.ts"
import { NOON, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { MemberList } from "./members.ts"
import type { Peer } from "./policy.ts"
import { BLOB_RULES, READ_RULES, type Role, SUBMIT_RULES, rolesPolicy } from "./roles.ts"
import { Visibility } from "./visibility.ts"

// Every combination there is, each with the code that an oracle gives which was written from the network page and not from the table.

const member = persona(1)
const stranger = persona(2)
const third = persona(3)

const ROLE_SETS: readonly (readonly Role[])[] = [
  [],
  ["outbox"],
  ["inbox"],
  ["encryption"],
  ["outbox", "inbox"],
  ["outbox", "encryption"],
  ["inbox", "encryption"],
  ["outbox", "inbox", "encryption"],
]
const READERS = ["everybody", "tagged", "author"] as const
const WRITERS = {
  "a member": { author: member, signer: member.secret },
  "a member's active subkey": { author: member, signer: member.device },
  "a stranger": { author: stranger, signer: stranger.secret },
  "a stranger's subkey of which nothing is known": { author: stranger, signer: stranger.device },
}
const TAGS: Readonly<Record<string, readonly PublicKey[]>> = {
  "no tag": [],
  "a tag of the member": [member.key],
  "a tag of somebody else": [third.key],
  "tags of both": [third.key, member.key],
}
const PEERS: Readonly<Record<string, PublicKey | undefined>> = {
  anonymous: undefined,
  "the member": member.key,
  "the member's subkey": member.deviceKey,
  "the stranger": stranger.key,
  "the third": third.key,
  "somebody else": persona(9).key,
}

interface Example {
  readonly name: string
  readonly record: VerifiedRecord
}

const KINDS = READERS.map((readers, at) => makeKind({ application: 99, number: at + 1, handling: "unique", readers }))

const NOTES: readonly Example[] = Object.entries(WRITERS).flatMap(([writer, { author, signer }]) =>
  KINDS.flatMap((kind) =>
    Object.entries(TAGS).flatMap(([tagged, keys]) =>
      [false, true].map((fromAuthor) => ({
        name: `${writer}, ${kindReaders(kind)}, ${tagged}${fromAuthor ? ", FROM_AUTHOR" : ""}`,
        record: write(author, { signer, kind, tags: keys.map((key) => notifyTag(key)), fromAuthor }),
      })),
    ),
  ),
)
const SCHEDULES: readonly Example[] = [
  { name: "a member's key schedule", record: schedule(member) },
  { name: "a stranger's key schedule", record: schedule(stranger) },
]

const same = (a: PublicKey | undefined, b: PublicKey): boolean => a !== undefined && Buffer.from(a).equals(b)
const tagsOf = (record: VerifiedRecord): PublicKey[] =>
  Object.values(PEERS).filter(
    (key): key is PublicKey => key !== undefined && record.tags.some(({ value }) => toHex(value).endsWith(toHex(key))),
  )
/** Whom a proved key stands for: the member's subkey is the only one that is known. */
const personOf = (key: PublicKey | undefined): PublicKey | undefined => (same(key, member.deviceKey) ? member.key : key)

/** What the page demands when somebody brings a record. */
function submitted(roles: readonly Role[], open: boolean, record: VerifiedRecord, peer: PublicKey | undefined): string {
  const isServed = (key: PublicKey): boolean => open || same(key, member.key)
  // Record page: "Servers SHOULD only accept the record from the author (requiring authentication)".
  if (record.isFromAuthor && peer === undefined) return "REQUIRES_AUTHENTICATION"
  if (record.isFromAuthor && !same(personOf(peer), record.author)) return "UNAUTHORIZED"
  if (same(record.signer, stranger.deviceKey)) return "UNAUTHORIZED"
  // Settled: inbox and encryption servers take anybody's Key Schedule, so that strangers can write.
  if (record.kind === KEY_SCHEDULE && (roles.includes("inbox") || roles.includes("encryption"))) return "ACCEPTED"
  // "MUST accept messages from the users that they are serving"; others' records are refused there.
  if (roles.includes("outbox") && isServed(record.author)) return "ACCEPTED"
  if (!tagsOf(record).some(isServed)) return "UNAUTHORIZED"
  // "MUST accept messages from strangers": any record that tags a member.
  if (roles.includes("inbox")) return "ACCEPTED"
  // "like inbox servers but handle private encrypted messages … that only the user can read back".
  return roles.includes("encryption") && kindReaders(record.kind) === "tagged" ? "ACCEPTED" : "UNAUTHORIZED"
}

/** Whom the page lets read a record that is there. */
function readable(roles: readonly Role[], open: boolean, record: VerifiedRecord, peer: PublicKey | undefined): boolean {
  const person = personOf(peer)
  const isAuthor = same(person, record.author)
  const isTagged = tagsOf(record).some((key) => same(person, key))
  switch (kindReaders(record.kind)) {
    case "everybody":
      return true
    case "author":
      return isAuthor
    case "tagged":
      if (isTagged || !isAuthor) return isTagged
      // "MUST NOT deliver messages to anybody other than the intended recipient", unless the server is the author's outbox.
      return !roles.includes("encryption") || (roles.includes("outbox") && (open || same(record.author, member.key)))
  }
}

/** What the page says of a blob: outbox servers take what their users publish, who are known by authentication where not everybody is one. */
function submittedBlob(roles: readonly Role[], open: boolean, peer: PublicKey | undefined): string {
  if (!roles.includes("outbox")) return "UNAUTHORIZED"
  if (open || same(personOf(peer), member.key)) return "ACCEPTED"
  return peer === undefined ? "REQUIRES_AUTHENTICATION" : "UNAUTHORIZED"
}

async function rig(roles: readonly Role[], open: boolean) {
  const store = openMemoryStore({ now: () => NOON })
  await store.put([schedule(member)])
  const policy = rolesPolicy({ roles: new Set(roles), members: open ? "everybody" : new MemberList([member.key]) })
  const directory = new KeyScheduleDirectory(store)
  const visibility = new Visibility(directory, policy)
  const onFailure = (doing: string): never => expect.fail(doing)
  const acceptance = new Acceptance({ store, policy, directory, fanOut: new FanOut(visibility), now: () => NOON, onFailure })
  return { acceptance, visibility, policy, directory }
}

const peerOf = (key: PublicKey | undefined): Peer => ({ key, remote: "test", id: 1 })

describe("every combination of", () => {
  for (const roles of ROLE_SETS) {
    for (const open of [false, true]) {
      const server = `${roles.length === 0 ? "no role" : roles.join(" and ")}, ${open ? "open" : "for one member"}`

      it(`what is brought to a server with ${server}`, async () => {
        const { acceptance } = await rig(roles, open)
        const got: string[] = []
        const expected: string[] = []
        for (const { name, record } of [...SCHEDULES, ...NOTES]) {
          for (const [who, key] of Object.entries(PEERS)) {
            const verdict = await acceptance.judge(record, peerOf(key))
            got.push(`${name}, brought by ${who}: ${verdict.ok ? "ACCEPTED" : resultName(verdict.code)}`)
            expected.push(`${name}, brought by ${who}: ${submitted(roles, open, record, key)}`)
          }
        }
        expect(got).toEqual(expected)
        expect(got.length).toBe((2 + 4 * 3 * 4 * 2) * 6)
      })

      it(`which blobs a server takes with ${server}`, async () => {
        const { policy, directory } = await rig(roles, open)
        const blob = { hash: await hashBlob(new Uint8Array(3)), length: 3 }
        for (const [who, key] of Object.entries(PEERS)) {
          const verdict = (await policy.admitBlob?.(blob, peerOf(key), directory)) ?? expect.fail()
          expect(verdict.ok ? "ACCEPTED" : resultName(verdict.code), who).toBe(submittedBlob(roles, open, key))
        }
      })

      it(`what is read from a server with ${server}`, async () => {
        const { visibility } = await rig(roles, open)
        const got: string[] = []
        const expected: string[] = []
        for (const { name, record } of NOTES) {
          for (const [who, key] of Object.entries(PEERS)) {
            const isShown = await visibility.mayRead({ record, received: record.timestamp, sequence: 1 }, peerOf(key))
            got.push(`${name}, read by ${who}: ${isShown}`)
            expected.push(`${name}, read by ${who}: ${readable(roles, open, record, key)}`)
          }
        }
        expect(got).toEqual(expected)
      })
    }
  }
})

describe("the table", () => {
  it("has a sentence of the network page for every row, and no row that never matters", () => {
    for (const { page, rule } of [...SUBMIT_RULES, ...BLOB_RULES, ...READ_RULES])
      expect([page.length > 40, rule.length > 10]).toEqual([true, true])
    const cases = [true, false].flatMap((isKeySchedule) =>
      [true, false].flatMap((isForTagged) =>
        [true, false].flatMap((authorIsMember) =>
          [true, false].map((tagsMember) => ({ isKeySchedule, isForTagged, authorIsMember, tagsMember })),
        ),
      ),
    )
    for (const rule of SUBMIT_RULES) {
      const others = SUBMIT_RULES.filter((other) => other !== rule && other.role === rule.role)
      expect(cases.some((record) => rule.takes(record) && !others.some(({ takes }) => takes(record)))).toBe(true)
    }
    expect([...new Set(READ_RULES.map(({ role }) => role))]).toEqual(["outbox", "inbox", "encryption"])
  })

  it("follows the members as they change: who was removed is a stranger, and what is sealed for them stays closed to its author", async () => {
    const members = new MemberList([member.key])
    const policy = rolesPolicy({ roles: new Set(["outbox", "encryption"]), members })
    const context = { scheduleOf: async () => undefined, masterOf: async (key: PublicKey) => key }
    const removed: unknown[] = []
    using _listening = policy.onChange?.((change) => void removed.push(change)) ?? expect.fail()
    const [kind] = KINDS.slice(1)
    const sealed = write(stranger, { ...(kind === undefined ? {} : { kind }), tags: [notifyTag(member.key)] })
    const admitted = async (record: VerifiedRecord): Promise<boolean> => (await policy.admit(record, peerOf(undefined), context)).ok
    const shown = async (key: PublicKey): Promise<boolean> =>
      policy.mayRead({ record: sealed, received: NOON, sequence: 1 }, peerOf(key), context)
    expect([await admitted(write(member)), await admitted(sealed), await shown(member.key), await shown(stranger.key)]).toEqual([
      true,
      true,
      true,
      false,
    ])
    members.replace([third.key])
    expect([await admitted(write(member)), await admitted(sealed), await shown(member.key), await shown(stranger.key)]).toEqual([
      false,
      false,
      true,
      false,
    ])
    expect(removed).toEqual([{ type: "removed", members: [member.key] }])
    expect(await policy.admit(write(member), peerOf(undefined), context)).toMatchObject({ code: RESULT.UNAUTHORIZED })
  })
})
