import { type Timestamp, RESULT } from "@tessera/mosaic"
import { expect, it } from "vitest"
import { NOON, later, persona, write } from "../testing/personas.test-suite.ts"
import { type Ban, BanList } from "./ban-list.ts"
import { bansPolicy } from "./bans.ts"
import { parseIpRange } from "./ip-address.ts"

const ann = persona(1)
const address = (text: string, until?: Timestamp): Ban => ({
  subject: { type: "address", range: parseIpRange(text) ?? expect.fail(text) },
  until,
})
const key = (who: typeof ann, until?: Timestamp): Ban => ({ subject: { type: "key", key: who.key }, until })

function still(...bans: readonly Ban[]) {
  const clock = { now: NOON }
  return { clock, bans: new BanList(() => clock.now, bans) }
}

it("finds addresses in ranges, IPv4 and IPv6 apart", () => {
  const { bans } = still(address("10.0.0.0/8"), address("2001:db8::1"), address("192.0.2.7"))
  const banned = ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::ffff", "192.0.2.7"]
  const free = ["11.0.0.1", "2001:db8:0:1::1", "192.0.2.8", "memory", ""]
  expect([...banned, ...free].map((text) => bans.ofAddress(text) !== undefined)).toEqual([
    ...banned.map(() => true),
    ...free.map(() => false),
  ])
})

it("ends a ban in time, and prefers one for good", () => {
  const { bans, clock } = still(address("10.0.0.0/8", later(60)), address("10.1.0.0/16"), key(ann, later(60)))
  expect(bans.ofAddress("10.1.0.1")?.until).toBeUndefined()
  expect([bans.ofAddress("10.2.0.1")?.until, bans.ofKey(ann.key)?.until]).toEqual([later(60), later(60)])
  clock.now = later(60)
  expect([bans.ofAddress("10.2.0.1"), bans.ofKey(ann.key), [...bans].length, bans.size]).toEqual([undefined, undefined, 1, 3])
  expect([bans.expire(), bans.size]).toEqual([2, 1])
})

it("replaces an earlier ban of the same subject, and takes it back", () => {
  const { bans } = still(key(ann))
  bans.add(key(ann, later(60)))
  expect([bans.size, bans.ofKey(ann.key)?.until]).toEqual([1, later(60)])
  bans.add(address("2001:db8::1"))
  expect(bans.remove(address("2001:db8::2").subject)).toBe(true)
  expect([bans.remove(key(ann).subject), bans.remove(key(ann).subject), bans.size]).toEqual([true, false, 0])
})

it("takes a hundred thousand, and looks one up as fast among them", () => {
  const { bans } = still(...Array.from({ length: 99_999 }, (_, at) => address(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)))
  bans.add(key(ann))
  expect(() => bans.add(key(persona(2)))).toThrow(RangeError)
  const started = performance.now()
  for (let i = 0; i < 10_000; i += 1) bans.ofAddress("192.0.2.1")
  expect(performance.now() - started).toBeLessThan(1_000)
})

it("keeps a subkey out whose master is banned, and what it signed", async () => {
  const { bans } = still(key(ann))
  const policy = bansPolicy(bans)
  const context = { scheduleOf: async () => undefined, masterOf: async () => ann.key }
  const peer = { key: ann.deviceKey, remote: "10.0.0.1:5", id: 1 }
  expect(await policy.welcome?.(peer, context)).toMatchObject({ code: RESULT.PUBKEY_PERM_BANNED })
  expect(await policy.admit(write(ann, { signer: ann.device }), peer, context)).toMatchObject({ code: RESULT.PUBKEY_PERM_BANNED })
  const { bans: ofDevice } = still({ subject: { type: "key", key: ann.deviceKey }, until: undefined })
  const admitted = async (signer: typeof ann.secret) => bansPolicy(ofDevice).admit(write(ann, { signer }), peer, context)
  expect([await admitted(ann.device), await admitted(ann.secret)]).toMatchObject([{ ok: false }, { ok: true }])
})
