import {
  type Message,
  type VerifiedRecord,
  MICROBLOG_ROOT,
  RESULT,
  buildRetraction,
  makeKind,
  nonceFromText,
  nonceFromTimestamp,
  notifyTag,
  resultName,
} from "@tessera/mosaic"
import { expect, it } from "vitest"
import { openMemoryStore } from "../store/memory.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"
import { allOf } from "./all-of.ts"
import { type HoldLimits, HoldQueue } from "./hold-queue.ts"
import { MemberList } from "./members.ts"
import { moderationPolicy } from "./moderation.ts"
import { rolesPolicy } from "./roles.ts"

const [ann, bob] = [persona(1), persona(2)]
const now = () => NOON
const reply = (changes: Parameters<typeof write>[1] = {}): VerifiedRecord => write(bob, { tags: [notifyTag(ann.key)], ...changes })

/** An inbox for Ann whose owner moderates. */
async function host(limits: Partial<HoldLimits> = {}) {
  const held = openMemoryStore({ now })
  const queue = await HoldQueue.open(held, limits)
  const members = new MemberList([ann.key])
  const roles = rolesPolicy({ roles: new Set(["outbox", "inbox"]), members, isNeeded: (author) => queue.hasOf(author) })
  const rig = new Rig({ policy: allOf(roles, moderationPolicy({ queue, members })) })
  return { rig, queue, held, release: (record: VerifiedRecord) => rig.server.submit(record) }
}

async function submit(peer: RawPeer, record: VerifiedRecord): Promise<string> {
  const answers = await peer.ask({ type: "submission", record: record.bytes }, "submissionResult")
  const answer = answers.at(-1)
  return answer?.type === "submissionResult" ? resultName(answer.result) : "nothing"
}

const recordsIn = (messages: readonly Message[]): number => messages.filter(({ type }) => type === "record").length
const get = async (peer: RawPeer, record: VerifiedRecord): Promise<number> =>
  recordsIn(await peer.ask({ type: "get", queryId: 9, references: [record.id, record.address] }, "queryClosed"))
const query = async (peer: RawPeer): Promise<number> =>
  recordsIn(await peer.ask({ type: "query", queryId: 8, limit: 0, filter: { authors: [bob.key] } }, "queryClosed"))

it("lets a stranger's record wait, seen by nobody but its author, and brings it to present subscribers when it is approved", async () => {
  const { rig, queue, release } = await host()
  await using _rig = rig
  const [asAnn, asBob, anonymous] = [await rig.connect(ann.key), await rig.connect(bob.key), await rig.connect()]
  await anonymous.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { includedTags: [[notifyTag(ann.key)]] } }, "locallyComplete")
  const note = reply()
  expect(await submit(asBob, note)).toBe("ACCEPTED")
  expect([await get(asAnn, note), await get(anonymous, note), await query(asBob), await get(asBob, note)]).toEqual([0, 0, 0, 2])
  expect(await anonymous.arrived()).toEqual([])
  expect(await queue.approve(note.id, release)).toEqual({ code: RESULT.ACCEPTED })
  expect(await anonymous.next()).toMatchObject({ type: "record", queryId: 1 })
  expect([await get(anonymous, note), await query(anonymous), queue.size]).toEqual([2, 1, 0])
  // What was decided does not wait again.
  expect([await submit(asBob, note), queue.size, await queue.approve(note.id, release)]).toEqual(["DUPLICATE", 0, undefined])
})

it("throws away what is rejected, for good", async () => {
  const { rig, queue } = await host()
  await using _rig = rig
  const peer = await rig.connect(bob.key)
  const note = reply()
  await submit(peer, note)
  expect([await queue.reject(note.id), await queue.reject(note.id)]).toEqual([true, false])
  expect([await submit(peer, note), await get(peer, note), queue.size]).toEqual(["DUPLICATE", 0, 0])
})

it("lets members, key schedules and what roles refuse pass by", async () => {
  const { rig, queue } = await host()
  await using _rig = rig
  const peer = await rig.connect()
  const ephemeral = makeKind({ application: 99, number: 4, handling: "ephemeral", readers: "everybody" })
  expect([
    await submit(peer, write(ann)),
    await submit(peer, schedule(bob)),
    await submit(peer, write(bob)),
    await submit(peer, reply({ kind: ephemeral })),
    queue.size,
  ]).toEqual(["ACCEPTED", "ACCEPTED", "UNAUTHORIZED", "UNAUTHORIZED", 0])
})

it("holds a bounded number, of one author and of all", async () => {
  const { rig, queue } = await host({ records: 3, recordsOfOne: 2 })
  await using _rig = rig
  const peer = await rig.connect()
  const others = [persona(3), persona(4)].map((who) => write(who, { tags: [notifyTag(ann.key)] }))
  const answers = []
  for (const record of [reply(), reply(), reply(), ...others]) answers.push(await submit(peer, record))
  expect([answers, queue.size]).toEqual([["ACCEPTED", "ACCEPTED", "TOO_FAST", "ACCEPTED", "TEMPORARY_ERROR"], 3])
})

it("drops what its author takes back before it was decided, and counts right after that", async () => {
  const { rig, queue, held } = await host()
  await using _rig = rig
  const peer = await rig.connect(bob.key)
  const [note, other] = [reply(), reply()]
  await submit(peer, note)
  await submit(peer, other)
  const retraction = buildRetraction({ signer: bob.secret, nonce: nonceFromTimestamp(NOON), timestamp: later(60), targets: [note] })
  expect([await submit(peer, retraction), await get(peer, note)]).toEqual(["ACCEPTED", 0])
  await queue.recount()
  expect([queue.size, queue.hasOf(bob.key), (await queue.list(10)).records.length]).toEqual([1, true, 1])
  expect((await HoldQueue.open(held)).size).toBe(1)
})

it("keeps what waits when the server fails to take it, and tells when it may not come in any more", async () => {
  const { rig, queue, release } = await host()
  await using _rig = rig
  const peer = await rig.connect()
  await submit(peer, schedule(bob))
  const [first, second] = [reply({ signer: bob.device }), reply({ signer: bob.device })]
  await submit(peer, first)
  await submit(peer, second)
  expect(await queue.approve(first.id, async () => ({ code: RESULT.TEMPORARY_ERROR }))).toEqual({ code: RESULT.TEMPORARY_ERROR })
  expect(queue.size).toBe(2)
  await submit(peer, schedule(bob, "revokedAll", NOON, later(1)))
  expect(await queue.approve(first.id, release)).toMatchObject({ code: RESULT.UNAUTHORIZED })
  expect([queue.size, await query(peer)]).toEqual([1, 1])
})

it("keeps a stranger's key schedule while something of theirs waits", async () => {
  const { rig, queue } = await host()
  await using _rig = rig
  const peer = await rig.connect()
  await submit(peer, schedule(bob))
  await submit(peer, reply({ signer: bob.device, kind: MICROBLOG_ROOT, nonce: nonceFromText("waits") }))
  const policy = rolesPolicy({ roles: new Set(["inbox"]), members: new MemberList([ann.key]), isNeeded: (author) => queue.hasOf(author) })
  await policy.tidy?.(rig.store, later(90_000), new AbortController().signal)
  expect(await query(peer)).toBe(1)
})
