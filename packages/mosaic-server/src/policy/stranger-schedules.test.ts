import {
  KEY_SCHEDULE,
  type Timestamp,
  type VerifiedRecord,
  RESULT,
  buildRecord,
  nonceFromText,
  notifyTag,
  parseTimestamp,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { openMemoryStore } from "../store/memory.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"
import { MemberList } from "./members.ts"
import { rolesPolicy } from "./roles.ts"

const HOUR = 3_600
const never = new AbortController().signal
const member = persona(1)
const eve = persona(2)
const policyFor = (strangers?: number) =>
  rolesPolicy({ roles: new Set(["inbox"]), members: new MemberList([member.key]), ...(strangers === undefined ? {} : { strangers }) })

/** A key schedule of somebody's at another address. */
function elsewhere(record: VerifiedRecord, name: string, timestamp: Timestamp): VerifiedRecord {
  const { tags, payload, author } = record
  return buildRecord({ author, signer: eve.secret, kind: KEY_SCHEDULE, nonce: nonceFromText(name), timestamp, tags, payload })
}

describe("a stranger's key schedule", () => {
  it("is taken, used, and kept for as long as it is used", async () => {
    let now = NOON
    await using rig = new Rig({ policy: policyFor(), now: () => now })
    const peer = await rig.connect()
    const submit = async (record: VerifiedRecord): Promise<unknown> =>
      (await peer.ask({ type: "submission", record: record.bytes }, "submissionResult"))[0]
    const note = write(eve, { signer: eve.device, tags: [notifyTag(member.key)] })
    expect(await submit(note)).toMatchObject({ result: RESULT.UNAUTHORIZED })
    expect(await submit(schedule(eve))).toMatchObject({ result: RESULT.ACCEPTED })
    expect(await submit(note)).toMatchObject({ result: RESULT.ACCEPTED })
    now = later(48 * HOUR)
    await policyFor().tidy?.(rig.store, now, never)
    expect(await rig.store.get([schedule(eve).id])).toHaveLength(1)
  })

  it("is dropped after a day when nothing uses it, and taken again", async () => {
    let now = NOON
    const store = openMemoryStore({ now: () => now })
    const unused = schedule(eve)
    await store.put([unused, schedule(member)])
    now = later(23 * HOUR)
    await policyFor().tidy?.(store, now, never)
    expect(await store.get([unused.id])).toHaveLength(1)
    now = later(25 * HOUR)
    await policyFor().tidy?.(store, now, never)
    expect(await store.get([unused.id, schedule(member).id])).toMatchObject([{ record: { author: member.key } }])
    expect(await store.put([unused])).toMatchObject([{ outcome: "stored" }])
  })

  it("is one for each author: the newest stays", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const policy = policyFor()
    const [first, second, third] = ["a", "b", "c"].map((name, index) => elsewhere(schedule(eve), name, later(index)))
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are three")
    const peer = { key: undefined, remote: "", id: 1 }
    const context = { scheduleOf: async () => undefined, masterOf: async () => eve.key }
    for (const record of [first, first, second]) expect(await policy.admit(record, peer, context)).toEqual({ ok: true })
    expect(await policy.admit(third, peer, context)).toMatchObject({ ok: false, code: RESULT.UNAUTHORIZED })
    await store.put([second, first])
    await policy.tidy?.(store, NOON, never)
    expect(await store.get([first.id, second.id])).toMatchObject([{ record: { id: second.id } }])
    expect(await policy.admit(third, peer, context)).toEqual({ ok: true })
  })

  it("is one of a bounded number, which are counted anew after a restart", async () => {
    const store = openMemoryStore({ now: () => NOON })
    await store.put([3, 4].map((seed) => schedule(persona(seed))))
    const policy = policyFor(3)
    await policy.tidy?.(store, parseTimestamp(NOON + 1n), never)
    const peer = { key: undefined, remote: "", id: 1 }
    const context = { scheduleOf: async () => undefined, masterOf: async () => eve.key }
    expect(await policy.admit(schedule(persona(5)), peer, context)).toEqual({ ok: true })
    expect(await policy.admit(schedule(persona(6)), peer, context)).toMatchObject({ ok: false, code: RESULT.TEMPORARY_ERROR })
    expect(await policy.admit(schedule(persona(3)), peer, context)).toEqual({ ok: true })
    expect(await policy.admit(schedule(member), peer, context)).toEqual({ ok: true })
  })

  it("is tidied by the server itself", async () => {
    const store = openMemoryStore({ now: () => NOON })
    await store.put([schedule(eve)])
    await using rig = new Rig({ store, policy: policyFor(), now: () => later(25 * HOUR) })
    const peer = await rig.connect()
    for (let i = 0; i < 100 && (await store.get([schedule(eve).id])).length > 0; i += 1) await peer.arrived()
    expect(await store.get([schedule(eve).id])).toEqual([])
  })
})
