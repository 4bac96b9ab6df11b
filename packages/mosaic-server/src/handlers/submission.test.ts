import {
  type KeyScheduleEntry,
  type Message,
  type PublicKey,
  type VerifiedRecord,
  KEY_SCHEDULE,
  MAX_RECORD_LENGTH,
  PROFILE,
  RESULT,
  buildRecord,
  claimedIdPrefix,
  makeKind,
  nonceFromText,
  notifyTag,
  resultName,
  subkeyTag,
} from "@tessera/mosaic"
import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, it, vi } from "vitest"
import { MemberList } from "../policy/members.ts"
import { rolesPolicy } from "../policy/roles.ts"
import { StorageError } from "../store/port.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import type { RawPeer } from "../testing/raw-peer.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const ann = persona(1)
const bob = persona(2)
const EPHEMERAL = makeKind({ application: 99, number: 4, handling: "ephemeral", readers: "everybody" })

async function submit(peer: RawPeer, record: VerifiedRecord | Uint8Array): Promise<string> {
  const bytes = record instanceof Uint8Array ? record : record.bytes
  const [answer] = await peer.ask({ type: "submission", record: bytes }, "submissionResult")
  if (answer?.type !== "submissionResult") throw new Error("no result")
  expect(answer.idPrefix).toEqual(claimedIdPrefix(bytes))
  return resultName(answer.result)
}

describe("Submission", () => {
  it("is ACCEPTED, and DUPLICATE the second time", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const note = write(ann)
    expect(await submit(peer, note)).toBe("ACCEPTED")
    expect(await submit(peer, note)).toBe("DUPLICATE")
    expect(await rig.store.get([note.id])).toHaveLength(1)
  })

  it("is DUPLICATE when a newer one is there of a replaceable address, and not stored", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const nonce = nonceFromText("profile")
    const [old, recent] = [
      write(ann, { kind: PROFILE, nonce, timestamp: later(1) }),
      write(ann, { kind: PROFILE, nonce, timestamp: later(2) }),
    ]
    expect(await submit(peer, recent)).toBe("ACCEPTED")
    expect(await submit(peer, old)).toBe("DUPLICATE")
    expect(await rig.store.get([old.id])).toEqual([])
  })

  it("is INVALID when it is broken or no record at all, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const broken = write(ann).bytes.slice()
    broken[200] = (broken[200] ?? 0) ^ 1
    for (const bytes of [broken, broken.subarray(0, 216), new Uint8Array(0), new Uint8Array(31).fill(7), new Uint8Array(500)]) {
      expect(await submit(peer, bytes)).toBe("INVALID")
    }
    expect(await submit(peer, write(ann))).toBe("ACCEPTED")
  })

  it("is TOO_LARGE beyond a mebibyte, and the connection goes on", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    expect(await submit(peer, new Uint8Array(MAX_RECORD_LENGTH + 8).fill(5))).toBe("TOO_LARGE")
    expect(await submit(peer, write(ann, { payload: new Uint8Array(MAX_RECORD_LENGTH - 216) }))).toBe("ACCEPTED")
  })

  it("is answered in the order in which it came, whatever becomes of it", async () => {
    await using rig = new Rig()
    const put = rig.store.put.bind(rig.store)
    let left = 60
    rig.store.put = async (batch) => {
      left -= 1
      // Each is stored sooner than the one before it.
      for (let i = 0; i < left; i += 1) await turn()
      return put(batch)
    }
    const peer = await rig.connect()
    const notes = Array.from({ length: 30 }, () => write(ann))
    const bytes = notes.flatMap((note, index) => (index % 3 === 0 ? [note.bytes, new Uint8Array(index), note.bytes] : [note.bytes]))
    peer.send(...bytes.map((record): Message => ({ type: "submission", record })))
    for (const record of bytes) expect(await peer.next()).toMatchObject({ type: "submissionResult", idPrefix: claimedIdPrefix(record) })
    expect(await rig.store.get(notes.map(({ id }) => id))).toHaveLength(30)
  })

  it("is seen by the queries that its sender makes after it", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const notes = Array.from({ length: 10 }, () => write(ann))
    peer.send(...notes.map(({ bytes }): Message => ({ type: "submission", record: bytes })), {
      type: "query",
      queryId: 1,
      limit: 0,
      filter: { authors: [ann.key] },
    })
    const messages = await peer.until("queryClosed")
    expect(messages.filter(({ type }) => type === "record")).toHaveLength(10)
  })

  it("is TOO_FAST when there are too many", async () => {
    await using rig = new Rig({ limits: { submissionBurst: 2 } })
    const peer = await rig.connect()
    expect([await submit(peer, write(ann)), await submit(peer, write(ann)), await submit(peer, write(ann))]).toEqual([
      "ACCEPTED",
      "ACCEPTED",
      "TOO_FAST",
    ])
  })

  it("gets TEMPORARY_ERROR when the disk is full, and is not shown", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    vi.spyOn(rig.store, "put").mockRejectedValueOnce(new StorageError("full", "The disk is full."))
    const note = write(ann)
    expect(await submit(peer, note)).toBe("TEMPORARY_ERROR")
    expect(await submit(peer, note)).toBe("ACCEPTED")
  })

  it("is UNAUTHORIZED when no rule of the server takes it", async () => {
    await using rig = new Rig({ policy: rolesPolicy({ roles: new Set(["outbox"]), members: new MemberList([bob.key]) }) })
    const peer = await rig.connect(ann.key)
    expect(await submit(peer, write(ann))).toBe("UNAUTHORIZED")
    expect(await submit(peer, write(bob))).toBe("ACCEPTED")
  })
})

describe("an ephemeral record", () => {
  it("reaches present subscribers, is never stored, and says NO_CONSUMERS when there is none", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const typing = write(ann, { kind: EPHEMERAL })
    expect(await submit(peer, typing)).toBe("NO_CONSUMERS")
    const reader = await rig.connect()
    await reader.ask({ type: "subscribe", queryId: 4, limit: 0, filter: { kinds: [EPHEMERAL] } }, "locallyComplete")
    expect(await submit(peer, typing)).toBe("ACCEPTED")
    expect(await reader.next()).toEqual({ type: "record", queryId: 4, record: typing.bytes })
    expect(await rig.store.get([typing.id])).toEqual([])
    expect(await submit(peer, write(bob, { kind: EPHEMERAL }))).toBe("ACCEPTED")
    await reader.ask({ type: "unsubscribe", queryId: 4 }, "queryClosed")
    expect(await submit(peer, typing)).toBe("NO_CONSUMERS")
  })

  it("has no consumer where nobody may read it", async () => {
    await using rig = new Rig()
    const kind = makeKind({ application: 99, number: 5, handling: "ephemeral", readers: "tagged" })
    const [anonymous, tagged] = [await rig.connect(), await rig.connect(bob.key)]
    await anonymous.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }, "locallyComplete")
    const letter = write(ann, { kind, tags: [notifyTag(bob.key)] })
    expect(await submit(anonymous, letter)).toBe("NO_CONSUMERS")
    await tagged.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }, "locallyComplete")
    expect(await submit(anonymous, letter)).toBe("ACCEPTED")
    expect(await anonymous.arrived()).toEqual([])
  })
})

describe("who may act for an author", () => {
  const byDevice = (changes = {}): VerifiedRecord => write(ann, { signer: ann.device, ...changes })

  it("is the master key, and nobody else before a schedule is known", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    expect(await submit(peer, write(ann))).toBe("ACCEPTED")
    expect(await submit(peer, byDevice())).toBe("UNAUTHORIZED")
    expect(await submit(peer, schedule(ann))).toBe("ACCEPTED")
    expect(await submit(peer, byDevice())).toBe("ACCEPTED")
    expect(await submit(peer, write(ann, { signer: bob.device }))).toBe("UNAUTHORIZED")
    expect(await submit(peer, write(ann, { signer: bob.secret }))).toBe("UNAUTHORIZED")
  })

  it("is a subkey whose schedule comes just before it, in one go", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    peer.send(
      { type: "submission", record: schedule(ann).bytes },
      ...Array.from({ length: 5 }, (): Message => ({ type: "submission", record: byDevice().bytes })),
    )
    for (let i = 0; i < 6; i += 1) expect(await peer.next()).toMatchObject({ result: RESULT.ACCEPTED })
  })

  it("follows the newest schedule, of whatever nonce", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await submit(peer, schedule(ann, "active", NOON, later(-9)))
    expect(await submit(peer, byDevice())).toBe("ACCEPTED")
    await submit(peer, schedule(ann, "revokedAll", later(-5), later(-3)))
    expect(await submit(peer, byDevice())).toBe("UNAUTHORIZED")
    // An older one, handed in later under another nonce, changes nothing.
    const { payload, tags } = schedule(ann, "active", NOON, later(-9))
    const nonce = nonceFromText("another")
    expect(
      await submit(
        peer,
        buildRecord({ author: ann.key, signer: ann.secret, kind: KEY_SCHEDULE, nonce, timestamp: later(-8), tags, payload }),
      ),
    ).toBe("ACCEPTED")
    expect(await submit(peer, byDevice())).toBe("UNAUTHORIZED")
    expect(
      await submit(
        peer,
        buildRecord({ author: ann.key, signer: ann.secret, kind: KEY_SCHEDULE, nonce, timestamp: later(-1), tags, payload }),
      ),
    ).toBe("ACCEPTED")
    expect(await submit(peer, byDevice())).toBe("ACCEPTED")
  })

  it("is a subkey out of use for what is dated before that", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await submit(peer, schedule(ann, "outOfUse", later(10), later(11)))
    expect(await submit(peer, byDevice({ timestamp: later(9) }))).toBe("ACCEPTED")
    expect(await submit(peer, byDevice({ timestamp: later(11) }))).toBe("UNAUTHORIZED")
  })

  it("learns a schedule that was put into the store by other ways", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    expect(await submit(peer, byDevice())).toBe("UNAUTHORIZED")
    await rig.store.put([schedule(ann)])
    expect(await submit(peer, byDevice())).toBe("ACCEPTED")
  })

  it("takes Key Schedules only as they should be, and identity only from master keys", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    const { payload } = schedule(ann)
    const parts = {
      author: ann.key,
      signer: ann.secret,
      kind: KEY_SCHEDULE,
      nonce: nonceFromText("key schedule"),
      timestamp: NOON,
      payload,
    }
    expect(await submit(peer, buildRecord(parts))).toBe("INVALID")
    expect(await submit(peer, buildRecord({ ...parts, tags: [subkeyTag(ann.deviceKey)], payload: payload.subarray(0, 20) }))).toBe(
      "INVALID",
    )
    await submit(peer, schedule(ann))
    expect(await submit(peer, byDevice({ kind: PROFILE }))).toBe("UNAUTHORIZED")
    expect(await submit(peer, schedule(ann).bytes)).toBe("DUPLICATE")
  })

  it("brings records with FROM_AUTHOR only after authentication", async () => {
    await using rig = new Rig()
    const record = write(ann, { fromAuthor: true })
    const as = async (key?: PublicKey): Promise<string> => submit(await rig.connect(key), record)
    expect(await as()).toBe("REQUIRES_AUTHENTICATION")
    expect(await as(bob.key)).toBe("UNAUTHORIZED")
    expect(await as(ann.deviceKey)).toBe("UNAUTHORIZED")
    await submit(await rig.connect(), schedule(ann))
    expect(await as(ann.deviceKey)).toBe("ACCEPTED")
    expect(await as(ann.key)).toBe("DUPLICATE")
  })

  it("shows nothing any more of a key that is revoked", async () => {
    await using rig = new Rig()
    const peer = await rig.connect()
    await submit(peer, schedule(ann, "active", NOON, later(-2)))
    const [own, devices] = [write(ann), byDevice()]
    await submit(peer, own)
    await submit(peer, devices)
    const seen = async (): Promise<number> => {
      const messages = await peer.ask({ type: "get", queryId: 1, references: [own.id, devices.id] }, "queryClosed")
      return messages.length - 1
    }
    const states: readonly [KeyScheduleEntry["state"], number][] = [
      ["outOfUse", 2],
      ["revokedAll", 1],
    ]
    expect(await seen()).toBe(2)
    for (const [index, [state, count]] of states.entries()) {
      await submit(peer, schedule(ann, state, later(60), later(index)))
      expect(await seen()).toBe(count)
    }
  })
})

describe("the owner's own way in", () => {
  it("is asked for no policy, and for everything else", async () => {
    await using rig = new Rig({ policy: rolesPolicy({ roles: new Set(), members: new MemberList() }) })
    const reader = await rig.connect()
    await reader.ask({ type: "subscribe", queryId: 1, limit: 0, filter: { authors: [ann.key] } }, "locallyComplete")
    const note = write(ann, { fromAuthor: true })
    expect(await rig.server.submit(note)).toEqual({ code: RESULT.ACCEPTED })
    expect(await reader.next()).toEqual({ type: "record", queryId: 1, record: note.bytes })
    expect(await rig.server.submit(write(ann, { signer: ann.device }))).toMatchObject({ code: RESULT.UNAUTHORIZED })
    expect(await submit(reader, write(ann))).toBe("UNAUTHORIZED")
  })
})
