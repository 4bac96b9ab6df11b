import { KEPT, KEY_SCHEDULE, buildKept, buildRecord, nonceFromBytes, nonceFromText, subkeyTag } from "@tessera/mosaic"
import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, it, vi } from "vitest"
import { openMemoryStore } from "../store/memory.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { BoundedMap } from "./bounded-map.ts"
import { KeyScheduleDirectory } from "./directory.ts"

const ann = persona(1)
const bob = persona(2)
const actOf = (signer: Uint8Array, received = NOON) => ({ signer: signer as typeof ann.key, author: ann.key, timestamp: NOON, received })

describe("the directory of key schedules", () => {
  it("knows the newest valid schedule of an author, of whatever nonce", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    expect(await directory.scheduleOf(ann.key)).toBeUndefined()
    const valid = schedule(ann, "active", NOON, later(1))
    // Newer, but not as it should be; and one of somebody else in ann's name.
    const broken = write(ann, { kind: KEY_SCHEDULE, timestamp: later(5), payload: new Uint8Array(3) })
    const forged = write(ann, { kind: KEY_SCHEDULE, timestamp: later(6), signer: bob.secret, payload: new Uint8Array(0) })
    await store.put([schedule(ann, "revokedAll", NOON, later(-1)), valid, broken, forged])
    directory.learn(valid)
    expect((await directory.scheduleOf(ann.key))?.record.id).toEqual(valid.id)
  })

  it("remembers, and never refuses by memory alone", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    expect((await directory.mayAct(actOf(ann.deviceKey))).ok).toBe(false)
    await store.put([schedule(ann)])
    const query = vi.spyOn(store, "query")
    expect((await directory.mayAct(actOf(ann.deviceKey))).ok).toBe(true)
    const asked = query.mock.calls.length
    for (let i = 0; i < 10; i += 1) expect((await directory.mayAct(actOf(ann.deviceKey))).ok).toBe(true)
    expect(query.mock.calls.length).toBe(asked)
    expect((await directory.mayAct(actOf(ann.key))).ok).toBe(true)
  })

  it("waits for a schedule that is on its way", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    const coming = schedule(ann)
    const { promise, resolve } = Promise.withResolvers<void>()
    directory.expect(coming, promise)
    const asking = directory.mayAct(actOf(ann.deviceKey))
    for (let i = 0; i < 5; i += 1) await turn()
    await store.put([coming])
    resolve()
    expect((await asking).ok).toBe(true)
    directory.expect(coming, Promise.reject(new Error("the disk is full")))
    expect((await directory.mayAct(actOf(ann.deviceKey))).ok).toBe(true)
  })

  it("does not remember what was read before a newer schedule came", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    const { promise, resolve } = Promise.withResolvers<void>()
    const real = store.query.bind(store)
    vi.spyOn(store, "query").mockImplementationOnce(async (...asked) => {
      const page = await real(...asked)
      await promise
      return page
    })
    const asking = directory.scheduleOf(ann.key)
    await store.put([schedule(ann)])
    directory.learn(schedule(ann))
    resolve()
    expect(await asking).toBeUndefined()
    expect(await directory.scheduleOf(ann.key)).toBeDefined()
  })

  it("counts an active subkey as its master, and any other key as itself", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    await store.put([schedule(ann), schedule(bob, "outOfUse")])
    expect(await directory.masterOf(ann.deviceKey)).toEqual(ann.key)
    expect(await directory.masterOf(bob.deviceKey)).toEqual(bob.deviceKey)
    expect(await directory.masterOf(bob.key)).toEqual(bob.key)
  })

  it("is not led astray by schedules that only tag somebody's subkey", async () => {
    const store = openMemoryStore({ now: () => NOON })
    const directory = new KeyScheduleDirectory(store)
    const eve = persona(3)
    const claims = Array.from({ length: 120 }, (_, index) => {
      const nonce = nonceFromBytes(Uint8Array.of(0, 0, 0, 0, 0, 0, index >> 8, index & 0xff))
      const parts = { author: eve.key, signer: eve.secret, kind: KEY_SCHEDULE, nonce, timestamp: later(100 + index) }
      return buildRecord({ ...parts, tags: [subkeyTag(ann.deviceKey)] })
    })
    await store.put([schedule(ann), ...claims])
    expect(await directory.masterOf(ann.deviceKey)).toEqual(ann.key)
  })
})

describe("a bounded map", () => {
  it("forgets what was not used for longest", () => {
    const map = new BoundedMap<number>(2)
    map.set("a", 1)
    map.set("b", 2)
    expect(map.get("a")).toBe(1)
    map.set("c", 3)
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 3])
    map.delete("a")
    map.clear()
    expect([map.get("a"), map.get("c")]).toEqual([undefined, undefined])
  })
})

describe("a bounded map of what weighs more or less", () => {
  it("forgets by weight, and does not hold what is too heavy alone", () => {
    const map = new BoundedMap<number>(10, (value) => value)
    map.set("a", 4)
    map.set("b", 5)
    map.set("a", 3)
    map.set("c", 2)
    expect([map.get("b"), map.get("a"), map.get("c")]).toEqual([5, 3, 2])
    map.set("d", 5)
    expect([map.get("b"), map.get("a"), map.get("c"), map.get("d")]).toEqual([undefined, 3, 2, 5])
    map.set("e", 11)
    expect(["a", "c", "d", "e"].map((key) => map.get(key))).toEqual([undefined, undefined, undefined, undefined])
    map.set("f", 10)
    expect(map.get("f")).toBe(10)
  })
})

it("reads Kept records once, until a new one comes", async () => {
  const store = openMemoryStore({ now: () => NOON })
  const directory = new KeyScheduleDirectory(store)
  const query = vi.spyOn(store, "query")
  const asked = () => query.mock.calls.filter(([filter]) => filter.kinds?.includes(KEPT) === true).length
  const note = write(ann, { signer: ann.device })
  const other = write(ann, { signer: ann.device })
  const act = (record: typeof note) => ({ ...actOf(ann.deviceKey), id: record.id })
  const keeping = (...records: readonly (typeof note)[]) =>
    buildKept({ master: ann.secret, device: ann.deviceKey, timestamp: later(asked()), ids: records.map(({ id }) => id) })
  await store.put([schedule(ann, "revokedAll", later(1)), keeping(note)])
  for (let times = 0; times < 5; times += 1) {
    expect((await directory.mayAct(act(note))).ok).toBe(true)
    expect((await directory.mayAct(act(other))).ok).toBe(false)
  }
  expect(asked()).toBe(1)
  // Somebody whose key is not even listed makes nobody read lists.
  expect((await directory.mayAct(actOf(bob.key))).ok).toBe(false)
  const newer = keeping(note, other)
  await store.put([newer])
  directory.learn(newer)
  expect((await directory.mayAct(act(other))).ok).toBe(true)
  expect(asked()).toBe(2)
})

it("has one nonce for schedules of ours", () => {
  expect(schedule(ann).nonce).toEqual(nonceFromText("key schedule"))
})
