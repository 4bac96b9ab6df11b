import { type Kind, type Message, type PublicKey, type VerifiedRecord, makeKind, notifyTag } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"
import { allOf } from "./all-of.ts"
import { ALLOWED, type Policy } from "./policy.ts"

const ann = persona(1)
const bob = persona(2)
const eve = persona(3)
/** As circles have them: a key that is nobody's master and nobody's subkey. */
const circle = persona(4)
const kindFor = (readers: "author" | "tagged" | "everybody"): Kind => makeKind({ application: 99, number: 1, handling: "unique", readers })

const READERS: readonly [string, PublicKey | undefined, { readonly author: boolean; readonly tagged: boolean }][] = [
  ["anonymous", undefined, { author: false, tagged: false }],
  ["the author", ann.key, { author: true, tagged: true }],
  ["the author's device", ann.deviceKey, { author: true, tagged: true }],
  ["somebody tagged", bob.key, { author: false, tagged: true }],
  ["the device of somebody tagged", bob.deviceKey, { author: false, tagged: true }],
  ["the holder of a key that is tagged", circle.key, { author: false, tagged: true }],
  ["somebody else", eve.key, { author: false, tagged: false }],
  ["the revoked device of somebody else", eve.deviceKey, { author: false, tagged: false }],
]

const tags = [notifyTag(bob.key), notifyTag(circle.key)]
const records = {
  author: write(ann, { kind: kindFor("author"), tags }),
  tagged: write(ann, { kind: kindFor("tagged"), tags }),
  everybody: write(ann, { kind: kindFor("everybody"), tags }),
}
const schedules = [schedule(ann), schedule(bob), schedule(eve, "revokedAll", later(-1))]

const bytesOf = (messages: readonly Message[]): Uint8Array[] =>
  messages.flatMap((message) => (message.type === "record" ? [message.record] : []))
const filter = { authors: [ann.key], kinds: [kindFor("author"), kindFor("tagged"), kindFor("everybody")] }

const WAYS: Record<string, (rig: Rig, peer: RawPeer) => Promise<Message[]>> = {
  Get: async (rig, peer) => {
    await rig.store.put(Object.values(records))
    return peer.ask(
      { type: "get", queryId: 1, references: Object.values(records).flatMap(({ id, address }) => [id, address]) },
      "queryClosed",
    )
  },
  Query: async (rig, peer) => {
    await rig.store.put(Object.values(records))
    return peer.ask({ type: "query", queryId: 1, limit: 0, filter }, "queryClosed")
  },
  "Subscribe, stored": async (rig, peer) => {
    await rig.store.put(Object.values(records))
    return peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter }, "locallyComplete")
  },
  "Subscribe, as it comes": async (rig, peer) => {
    await peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter }, "locallyComplete")
    await rig.store.put([records.author, records.tagged, records.everybody])
    // The public record comes last, so everything else has come by then.
    const messages: Message[] = []
    for (;;) {
      const [message] = await peer.until("record")
      if (message !== undefined) messages.push(message)
      if (message?.type === "record" && Buffer.compare(message.record, records.everybody.bytes) === 0)
        return [...messages, ...(await peer.arrived())]
    }
  },
}

describe("reading rights", () => {
  for (const [way, ask] of Object.entries(WAYS)) {
    for (const [who, key, expected] of READERS) {
      it(`hold for ${way}: ${who}`, async () => {
        await using rig = new Rig()
        await rig.store.put(schedules)
        const got = new Set(bytesOf(await ask(rig, await rig.connect(key))).map((bytes) => Buffer.from(bytes).toString("hex")))
        const has = ({ bytes }: VerifiedRecord): boolean => got.has(Buffer.from(bytes).toString("hex"))
        expect({ author: has(records.author), tagged: has(records.tagged), everybody: has(records.everybody) }).toEqual({
          ...expected,
          everybody: true,
        })
      })
    }
  }

  it("follow a device from its master's first schedule to its last", async () => {
    await using rig = new Rig()
    const peer = await rig.connect(ann.deviceKey)
    await rig.store.put([records.author])
    const sees = async (): Promise<number> =>
      bytesOf(await peer.ask({ type: "get", queryId: 1, references: [records.author.id] }, "queryClosed")).length
    expect(await sees()).toBe(0)
    peer.send({ type: "submission", record: schedule(ann).bytes })
    await peer.next()
    expect(await sees()).toBe(1)
    peer.send({ type: "submission", record: schedule(ann, "revokedAll", later(1), later(1)).bytes })
    await peer.next()
    expect(await sees()).toBe(0)
  })
})

describe("a policy", () => {
  it("is asked on top of the reading rights, each of several", async () => {
    const hides = (hidden: VerifiedRecord): Policy => ({
      admit: () => ALLOWED,
      mayRead: async ({ record }) => Buffer.compare(record.id, hidden.id) !== 0,
    })
    const shown = write(ann)
    const hidden = [write(ann), write(ann)]
    await using rig = new Rig({ policy: allOf(...hidden.map(hides)) })
    const peer = await rig.connect()
    await peer.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }, "locallyComplete")
    await rig.store.put([...hidden, shown])
    expect(bytesOf([(await peer.next()) ?? { type: "unrecognized" }])).toEqual([shown.bytes])
    expect(bytesOf(await peer.ask({ type: "query", queryId: 2, limit: 0, filter: { authors: [ann.key] } }, "queryClosed"))).toEqual([
      shown.bytes,
    ])
  })
})
