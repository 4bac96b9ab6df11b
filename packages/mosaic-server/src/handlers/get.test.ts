import {
  type Message,
  type Reference,
  type VerifiedRecord,
  PROFILE,
  RESULT,
  makeAddress,
  makeKind,
  nonceFromText,
  toHex,
} from "@tessera/mosaic"
import { describe, expect, it, vi } from "vitest"
import { openMemoryStore } from "../store/memory.ts"
import { NOON, later, persona, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const VERSIONED = makeKind({ application: 99, number: 3, handling: "versioned", readers: "everybody" })

async function get(rig: Rig, references: readonly Reference[]): Promise<{ ids: string[]; last: Message | undefined }> {
  const peer = await rig.connect()
  const messages = await peer.ask({ type: "get", queryId: 9, references }, "queryClosed")
  const ids = messages.flatMap((message) => (message.type === "record" ? [toHex(message.record.subarray(0, 48))] : []))
  return { ids, last: messages.at(-1) }
}

const idsOf = (...records: readonly VerifiedRecord[]): string[] => records.map(({ id }) => toHex(id))

describe("Get", () => {
  it("answers in the order asked, a repeated reference once", async () => {
    await using rig = new Rig()
    const [a, b, c] = [write(ann), write(ann), write(ann)]
    await rig.store.put([a, b, c])
    const { ids, last } = await get(rig, [c.id, a.id, c.id, b.address, a.id])
    expect(ids).toEqual(idsOf(c, a, b))
    expect(last).toEqual({ type: "queryClosed", queryId: 9, result: RESULT.SUCCESS })
  })

  it("keeps to that order over many references", async () => {
    await using rig = new Rig()
    const records = Array.from({ length: 40 }, () => write(ann))
    await rig.store.put(records)
    const shuffled = records.toSorted((one, other) => (one.id[9] ?? 0) - (other.id[9] ?? 0))
    const { ids } = await get(
      rig,
      [...shuffled, ...records].map(({ id }) => id),
    )
    expect(ids).toEqual(idsOf(...shuffled))
  })

  it("lets the others have their turn, however much is asked for", async () => {
    const store = openMemoryStore({ now: () => NOON })
    vi.spyOn(store, "get").mockImplementation(async () => {
      const end = performance.now() + 1
      while (performance.now() < end);
      return []
    })
    await using rig = new Rig({ store })
    let turns = 0
    const counting = setInterval(() => (turns += 1), 0)
    const references = Array.from({ length: 1_600 }, (_, i) =>
      makeAddress({ nonce: nonceFromText(`${i}`), kind: PROFILE, author: ann.key }),
    )
    expect((await get(rig, references)).last).toMatchObject({ type: "queryClosed" })
    clearInterval(counting)
    expect(turns).toBeGreaterThan(5)
  })

  it("says NOT_FOUND when nothing was found", async () => {
    await using rig = new Rig()
    const { ids, last } = await get(rig, [write(ann).id])
    expect(ids).toEqual([])
    expect(last).toEqual({ type: "queryClosed", queryId: 9, result: RESULT.NOT_FOUND })
    expect((await get(rig, [])).last).toEqual({ type: "queryClosed", queryId: 9, result: RESULT.NOT_FOUND })
  })

  it("gives the newest of a replaceable address, and all of a versioned one, newest first", async () => {
    await using rig = new Rig()
    const nonce = nonceFromText("same")
    const [old, recent] = [
      write(ann, { kind: PROFILE, nonce, timestamp: later(1) }),
      write(ann, { kind: PROFILE, nonce, timestamp: later(2) }),
    ]
    const [first, second] = [
      write(ann, { kind: VERSIONED, nonce, timestamp: later(1) }),
      write(ann, { kind: VERSIONED, nonce, timestamp: later(2) }),
    ]
    await rig.store.put([old, first, second, recent])
    expect((await get(rig, [recent.address, first.address])).ids).toEqual(idsOf(recent, second, first))
  })

  it("is INVALID when its references are cut off, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.sendBytes(Uint8Array.of(0x01, 12, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4))
    expect(await peer.next()).toEqual({ type: "queryClosed", queryId: 7, result: RESULT.INVALID })
    expect(await peer.arrived()).toEqual([])
  })
})
