import type { PublicKey } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { parseIpRange } from "../policy/ip-address.ts"
import { NOON, later, persona } from "../testing/personas.test-suite.ts"
import { HostBook, HostBookFullError } from "./host-book.ts"
import { EMPTY_HOST_STATE, type HostState, formatHostState, parseHostState } from "./host-state.ts"

const [ann, bob] = [persona(1), persona(2)]

function book(state: HostState = EMPTY_HOST_STATE) {
  const saved: HostState[] = []
  const clock = { now: NOON }
  const disk = { fault: undefined as Error | undefined }
  const made = new HostBook({
    state,
    save: async (each) => {
      if (disk.fault !== undefined) throw disk.fault
      saved.push(each)
    },
    now: () => clock.now,
  })
  return { book: made, saved, clock, disk, reopened: () => book(parseHostState(formatHostState(saved.at(-1) ?? state))).book }
}

it("holds after it was closed what was decided before", async () => {
  const { book: first, reopened } = book()
  await first.addMember(ann.key)
  await first.request(bob.key, 'Bob \u2028 "quoted"\n')
  await first.addInvite({ code: "abc", uses: 3, until: later(60) })
  await first.addBan({ subject: { type: "key", key: bob.key }, until: undefined })
  await first.addBan({ subject: { type: "address", range: parseIpRange("2001:db8::/32") ?? expect.fail() }, until: later(60) })
  const second = reopened()
  expect([second.members.has(ann.key), second.members.has(bob.key), second.requests, second.invites]).toEqual([
    true,
    false,
    first.requests,
    first.invites,
  ])
  expect([[...second.bans], second.bans.ofAddress("2001:db8:5::1")?.until, second.bans.ofKey(bob.key)?.until]).toEqual([
    [...first.bans],
    later(60),
    undefined,
  ])
})

it("changes nothing that could not be written", async () => {
  const { book: held, disk } = book()
  await held.addMember(ann.key)
  disk.fault = new Error("the disk is full")
  const subject = { type: "key", key: ann.key } as const
  for (const change of [
    () => held.addMember(bob.key),
    () => held.removeMember(ann.key),
    () => held.request(bob.key, ""),
    () => held.addBan({ subject, until: undefined }),
  ])
    await expect(change()).rejects.toThrow("the disk is full")
  expect([held.members.has(ann.key), held.members.has(bob.key), held.requests, held.bans.size]).toEqual([true, false, [], 0])
  disk.fault = undefined
  expect(await held.addMember(bob.key)).toBe(true)
})

it("writes only when something changes", async () => {
  const { book: held, saved } = book()
  expect([await held.removeMember(ann.key), await held.refuseRequest(ann.key), await held.acceptRequest(ann.key)]).toEqual([
    false,
    false,
    false,
  ])
  expect([await held.redeem("abc", ann.key), await held.revokeInvite("abc"), await held.removeBan({ type: "key", key: ann.key })]).toEqual([
    false,
    false,
    false,
  ])
  expect(saved).toEqual([])
  await held.request(ann.key, "hello")
  await held.request(ann.key, "hello")
  expect([await held.addMember(ann.key), await held.addMember(ann.key), saved.length, held.requests]).toEqual([true, false, 2, []])
})

it("keeps apart the members that stand elsewhere, and tells who was removed", async () => {
  const { book: held } = book()
  const removed: PublicKey[][] = []
  using _listening = held.members.onRemoved((keys) => void removed.push([...keys]))
  held.setOthers([ann.key])
  await held.addMember(bob.key)
  expect([held.isBooked(ann.key), held.isBooked(bob.key), [...held.members].length]).toEqual([false, true, 2])
  held.setOthers([])
  await held.removeMember(bob.key)
  expect(removed).toEqual([[ann.key], [bob.key]])
})

it("bounds requests and invites", async () => {
  const { book: held } = book()
  const keyOf = (number: number): PublicKey =>
    Uint8Array.from(ann.key, (byte, at) => (at === 0 ? number & 255 : at === 1 ? number >> 8 : byte)) as PublicKey
  const requests = await Promise.all(Array.from({ length: 1_001 }, (_, number) => held.request(keyOf(number), "")))
  expect([requests.filter(Boolean).length, requests.at(-1), await held.request(keyOf(0), "again")]).toEqual([1_000, false, true])
  await Promise.all(Array.from({ length: 1_000 }, (_, at) => held.addInvite({ code: `code ${at}`, uses: 1, until: undefined })))
  await expect(held.addInvite({ code: "more", uses: 1, until: undefined })).rejects.toThrow(HostBookFullError)
})

it.each([
  "",
  "{}",
  "[]",
  '{"version":2}',
  '{"version":1,"members":[],"requests":[],"invites":[],"bans":[{"subject":"nobody","until":null}]}',
])("refuses a file that is none: %s", (text) => expect(() => parseHostState(text)).toThrow(SyntaxError))
