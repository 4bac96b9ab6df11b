import {
  type VerifiedRecord,
  PROFILE,
  buildKeySchedule,
  buildRetraction,
  makeKind,
  nonceFromText,
  notifyTag,
  signAttestation,
  toHex,
} from "@tessera/mosaic"
import { type Role, MemberList, rolesPolicy } from "@tessera/mosaic-server"
import * as fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { TestServer, TestWorld, collect, idsOf } from "../pool/test-world.test-suite.ts"
import { NOON, keyOf, later, secretOf, write } from "../testing.test-suite.ts"
import { type MoveStep, moveRecords } from "./move-records.ts"
import type { MoveProgress } from "./progress.ts"

const ME = 1
const FRIEND = 2
const [DEVICE, FRIENDS_DEVICE] = [51, 52]
const me = keyOf(ME)
const STATE = makeKind({ application: 0x7006_8b0c, number: 2, handling: "replaceable", readers: "author" })
const LETTER = makeKind({ application: 0x7006_8b0c, number: 3, handling: "unique", readers: "tagged" })

const serving = (seed: number, roles: readonly Role[]): TestServer =>
  new TestServer(seed, rolesPolicy({ roles: new Set(roles), members: new MemberList([me]) }), () => later(9_000))

const scheduleOf = (master: number, device: number): VerifiedRecord =>
  buildKeySchedule({
    master: secretOf(master),
    timestamp: NOON,
    entries: [
      { use: "signing", key: keyOf(device), state: "active", since: NOON, attestation: signAttestation(secretOf(device), keyOf(master)) },
    ],
  })

/** What I have at two old servers, and who has what. */
class Life {
  readonly first = serving(101, ["outbox", "inbox"])
  readonly second = serving(102, ["outbox", "encryption"])
  readonly next = serving(103, ["outbox", "inbox", "encryption"])
  readonly third = new TestServer(104)
  readonly world = new TestWorld([this.first, this.second, this.next, this.third], { identity: secretOf(ME), now: () => later(9_000) })
  readonly from = { outbox: [this.first.key, this.second.key], inbox: [this.first.key], encryption: [this.second.key] }

  async begin({ schedule, own, tagging, letters }: typeof LIFE): Promise<void> {
    await this.first.put(schedule, ...own.filter((_, index) => index % 3 !== 0), scheduleOf(FRIEND, FRIENDS_DEVICE), ...tagging)
    await this.second.put(schedule, ...own.filter((_, index) => index % 3 !== 1), ...letters)
  }

  move(changes: Partial<Parameters<typeof moveRecords>[1]> = {}) {
    return moveRecords(this.world.pool, {
      person: me,
      from: this.from,
      to: this.next.key,
      now: () => later(9_000),
      signal: AbortSignal.timeout(20_000),
      ...changes,
    })
  }

  /** What the new server shows me. */
  async shown(): Promise<Set<string>> {
    await using lease = await this.world.pool.lease(this.next.key, { asSelf: true })
    const mine = await collect(lease.connection.query({ authors: [me] }))
    const toMe = await collect(lease.connection.query({ includedTags: [[notifyTag(me)]] }))
    return new Set(idsOf([...mine, ...toMe]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]()
  }
}

let LIFE: {
  readonly schedule: VerifiedRecord
  readonly own: readonly VerifiedRecord[]
  readonly tagging: readonly VerifiedRecord[]
  readonly letters: readonly VerifiedRecord[]
  readonly all: ReadonlySet<string>
}

beforeAll(() => {
  const own = Array.from({ length: 60 }, (_, index) => {
    const timestamp = later(60 + Math.floor(index / 4))
    if (index % 10 === 9) return write(ME, { kind: STATE, nonce: nonceFromText(`state ${index}`), timestamp })
    return index % 2 === 0 ? write(DEVICE, { author: me, timestamp }) : write(ME, { timestamp })
  })
  const schedule = scheduleOf(ME, DEVICE)
  const tagging = Array.from({ length: 6 }, () => write(FRIENDS_DEVICE, { author: keyOf(FRIEND), tags: [notifyTag(me)] }))
  const letters = Array.from({ length: 6 }, () => write(FRIEND, { kind: LETTER, tags: [notifyTag(me)] }))
  LIFE = { schedule, own, tagging, letters, all: new Set(idsOf([schedule, ...own, ...tagging, ...letters])) }
})

const last = (steps: readonly MoveStep[]): MoveProgress | undefined =>
  steps.findLast((step): step is Extract<MoveStep, { progress: MoveProgress }> => "progress" in step)?.progress

describe("moveRecords", () => {
  it("copies all that a person has, public or not, by all their devices, and what others wrote to them", async () => {
    await using life = new Life()
    await life.begin(LIFE)
    const steps = await collect(life.move())
    expect(await life.shown()).toEqual(LIFE.all)
    const done = steps.at(-1)
    expect(done).toMatchObject({ type: "done", isWhole: true, progress: { copied: 73, repaired: 0, missing: 0, refused: {} } })
    expect(steps.filter(({ type }) => type === "refused" || type === "failed" || type === "missing")).toEqual([])
  })

  it("goes on where it was, wherever it is interrupted, without loss and with little again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }), async (stops) => {
        await using life = new Life()
        await life.begin(LIFE)
        let progress: MoveProgress | undefined
        for (const stop of stops) {
          let left = stop
          // Without the check, which would bring what copying has passed over.
          for await (const step of life.move({ isUnchecked: true, ...(progress === undefined ? {} : { progress }) })) {
            if ("progress" in step) progress = JSON.parse(JSON.stringify(step.progress)) as MoveProgress
            left -= 1
            if (left === 0) break
          }
        }
        const steps = await collect(life.move({ isUnchecked: true, ...(progress === undefined ? {} : { progress }) }))
        const { copied = 0, present = 0 } = last(steps) ?? {}
        expect(await life.shown()).toEqual(LIFE.all)
        expect(copied).toBeLessThanOrEqual(73)
        // Each part of each round may bring a batch again, and the keys come twice.
        expect(copied + present).toBeLessThanOrEqual(73 + 1 + 50 * stops.length)
      }),
      { numRuns: 2 },
    )
  })

  it("passes over none that share a timestamp with the last one before an interruption", async () => {
    await using life = new Life()
    const same = Array.from({ length: 60 }, () => write(ME, { timestamp: NOON }))
    await life.first.put(...same)
    let progress: MoveProgress | undefined
    for await (const step of life.move({ isUnchecked: true })) {
      if ("progress" in step) ({ progress } = step)
      if ((progress?.copied ?? 0) > 0) break
    }
    expect(progress?.copied).toBeLessThan(60)
    await collect(life.move({ isUnchecked: true, ...(progress === undefined ? {} : { progress }) }))
    expect(await life.shown()).toEqual(new Set(idsOf(same)))
  })

  it("survives a connection that breaks in the middle", async () => {
    await using life = new Life()
    await life.begin(LIFE)
    let taken = 0
    life.next.lie = async (message) => {
      if (message.type === "submissionResult") taken += 1
      if (taken === 40) void life.next.hangUp()
      return [message]
    }
    let progress: MoveProgress | undefined
    const broken = (async () => {
      for await (const step of life.move()) if ("progress" in step) progress = step.progress
    })()
    await expect(broken).rejects.toThrow()
    life.next.lie = undefined
    const pool = new TestWorld([life.first, life.second, life.next], { identity: secretOf(ME) }).pool
    await using _closing = pool
    const options = { person: me, from: life.from, to: life.next.key, now: () => later(9_000), signal: AbortSignal.timeout(20_000) }
    const steps = await collect(moveRecords(pool, progress === undefined ? options : { ...options, progress }))
    expect(steps.at(-1)).toMatchObject({ type: "done", isWhole: true })
    const after = new TestWorld([life.next], { identity: secretOf(ME) })
    await using lease = await after.pool.lease(life.next.key, { asSelf: true })
    expect(await collect(lease.connection.query({ authors: [me] }))).toHaveLength(61)
    await after.pool[Symbol.asyncDispose]()
  })

  it("moves what it can when an old server is gone, says so, and goes on there another time", async () => {
    await using life = new Life()
    await life.begin(LIFE)
    life.second.isDown = true
    const steps = await collect(life.move())
    expect(steps.filter(({ type }) => type === "failed").length).toBeGreaterThan(0)
    expect(steps.at(-1)).toMatchObject({ type: "done", isWhole: false })
    life.second.isDown = false
    const progress = last(steps)
    const world = new TestWorld([life.first, life.second, life.next], { identity: secretOf(ME) })
    const options = { person: me, from: life.from, to: life.next.key, now: () => later(9_000), signal: AbortSignal.timeout(20_000) }
    const more = await collect(moveRecords(world.pool, progress === undefined ? options : { ...options, progress }))
    expect(more.at(-1)).toMatchObject({ type: "done", isWhole: true, progress: { missing: 0 } })
    await world.pool[Symbol.asyncDispose]()
    expect(await life.shown()).toEqual(LIFE.all)
  })

  it("says what the new server does not want", async () => {
    await using life = new Life()
    await life.begin(LIFE)
    const hidden = LIFE.own[5]
    life.next.lie = (message) => [
      message.type === "submissionResult" && hidden !== undefined && toHex(message.idPrefix) === toHex(hidden.id.subarray(0, 32))
        ? { ...message, result: 38 }
        : message,
    ]
    const steps = await collect(life.move({ from: { outbox: life.from.outbox } }))
    expect(steps.filter(({ type }) => type === "refused")).toEqual([{ type: "refused", id: hidden?.id, role: "outbox", code: 38 }])
    expect(last(steps)?.refused).toEqual({ 38: 1 })
  })

  it("finds out when the new server has not kept what it took", async () => {
    await using life = new Life()
    await life.begin(LIFE)
    const lost = new Set(idsOf(LIFE.own.slice(20, 24)))
    life.next.lie = (message) => (message.type === "record" && lost.has(toHex(message.record.subarray(0, 48))) ? [] : [message])
    const steps = await collect(life.move({ from: { outbox: life.from.outbox } }))
    const missing = steps.flatMap((step) => (step.type === "missing" ? [toHex(step.id)] : []))
    expect(new Set(missing)).toEqual(lost)
    expect(steps.at(-1)).toMatchObject({ isWhole: false, progress: { missing: 4 } })
  })

  it("is content with newer versions and with what was taken back", async () => {
    await using life = new Life()
    const version = (seconds: number) => write(ME, { kind: PROFILE, nonce: nonceFromText("profile"), timestamp: later(seconds) })
    const regretted = write(ME)
    const nonce = nonceFromText("retraction")
    await life.first.put(version(1), regretted)
    await life.second.put(version(2), buildRetraction({ signer: secretOf(ME), nonce, timestamp: later(60), targets: [regretted] }))
    const steps = await collect(life.move())
    expect(steps.at(-1)).toMatchObject({ isWhole: true })
    expect(await life.shown()).not.toContain(toHex(regretted.id))
  })

  it("brings the blobs of a record first", async () => {
    await using life = new Life()
    const record = write(ME)
    await life.first.put(record)
    const blobs: string[] = []
    await collect(life.move({ copyBlobs: async ({ id }) => void blobs.push(toHex(id)) }))
    expect(blobs).toEqual(idsOf([record]))
  })

  it("refuses a progress that is none", async () => {
    await using life = new Life()
    const bad = { version: 1, reached: { x: "soon" }, copied: 0, present: 0, refused: {}, repaired: 0, missing: 0 } as const
    await expect(collect(life.move({ progress: bad }))).rejects.toThrow(TypeError)
  })
})
