import { parseSecretKey, timestampFromUnixMillis, timestampToUnixMillis } from "@tessera/mosaic"
import { openMemoryStore } from "@tessera/mosaic-server"
import type { RecordStore } from "@tessera/mosaic-server"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { createPerson } from "../keys/keys.ts"
import { quickClock, seededRandom } from "../vault/testing.ts"
import { greatest, openStateStore, removing, setting } from "./state.ts"
import type { StateKeys, StateStore, StateType } from "./state.ts"

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
const PETNAME: StateType<string> = { name: "petname", read: text }
const MARK: StateType<number> = { name: "readMark", read: number, merge: greatest }

interface Device {
  readonly records: RecordStore
  readonly clock: ReturnType<typeof quickClock>
  readonly store: StateStore
  readonly keys: StateKeys
}

const random = seededRandom(3)
const PERSON = createPerson({ random, now: timestampFromUnixMillis(1_700_000_000_000) })

async function device(options: { start?: number; keys?: StateKeys; onUnreadable?: (error: unknown) => void } = {}): Promise<Device> {
  const clock = quickClock(options.start)
  const records = openMemoryStore({ now: () => timestampFromUnixMillis(clock.unixMillis()) })
  const keys = options.keys ?? PERSON.secrets
  const store = await openStateStore({
    records,
    clock,
    random,
    keys,
    types: [MARK],
    ...(options.onUnreadable === undefined ? {} : { onUnreadable: options.onUnreadable }),
  })
  return { records, clock, store, keys }
}

/** The same person's other device: same state key, another subkey. */
function otherKeys(): StateKeys {
  return { ...PERSON.secrets, device: parseSecretKey(random(32)) }
}

async function reopened({ records, clock, keys }: Device): Promise<StateStore> {
  return openStateStore({ records, clock, random, keys, types: [MARK] })
}

describe("personal state", () => {
  test("gives back what was set, also after it was read from the records again", async () => {
    const here = await device()
    await here.store.set(PETNAME, "ada", "Ada L.")
    await here.store.set(PETNAME, "bob", "Bobby")
    await here.store.set(PETNAME, "ada", "Countess")
    await here.store.set(MARK, "ada", 7)
    await here.store.remove(PETNAME, "bob")
    for (const store of [here.store, await reopened(here)]) {
      expect(store.get(PETNAME, "ada")).toBe("Countess")
      expect(store.get(PETNAME, "bob")).toBeUndefined()
      expect(store.list(PETNAME).map(({ key, value }) => [key, value])).toEqual([["ada", "Countess"]])
      expect(store.get(MARK, "ada")).toBe(7)
    }
    await here.store.set(PETNAME, "bob", "Bob again")
    expect((await reopened(here)).get(PETNAME, "bob")).toBe("Bob again")
  })

  test("behaves as a map under any run of changes, whatever the clock does, and a rebuild gives the same", async () => {
    const step = fc.record({
      type: fc.constantFrom(PETNAME, MARK),
      key: fc.constantFrom("a", "b", "c"),
      value: fc.option(fc.nat(), { nil: null }),
      jump: fc.integer({ min: -86_400_000, max: 86_400_000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const here = await device()
        const model = new Map<string, string | number>()
        for (const { type, key, value, jump } of steps) {
          here.clock.now += jump
          if (value === null) {
            await (type === MARK ? here.store.remove(MARK, key) : here.store.remove(PETNAME, key))
            model.delete(`${type.name} ${key}`)
          } else {
            const plain = type === MARK ? value : `name ${value}`
            if (type === MARK) await here.store.set(MARK, key, value)
            else await here.store.set(PETNAME, key, `name ${value}`)
            model.set(`${type.name} ${key}`, plain)
          }
        }
        for (const store of [here.store, await reopened(here)]) {
          const all = [
            ...store.list(PETNAME).map(({ key, value }) => [`petname ${key}`, value]),
            ...store.list(MARK).map(({ key, value }) => [`readMark ${key}`, value]),
          ]
          expect(new Map(all as [string, string | number][])).toEqual(model)
        }
      }),
      { numRuns: 25 },
    )
  })

  test("dates what is newer later, also with a clock that goes back", async () => {
    const here = await device()
    await here.store.set(MARK, "x", 1)
    const first = here.store.list(MARK)[0]?.at ?? 0n
    here.clock.now -= 365 * 86_400_000
    await here.store.set(MARK, "x", 2)
    expect(here.store.list(MARK)[0]?.at).toBe(first + 1n)
    expect((await reopened(here)).get(MARK, "x")).toBe(2)
    here.clock.now += 2 * 365 * 86_400_000
    await here.store.set(MARK, "x", 3)
    expect(timestampToUnixMillis(here.store.list(MARK)[0]?.at ?? timestampFromUnixMillis(0))).toBe(here.clock.now)
  })

  test("writes several changes as one batch, the last of the same item", async () => {
    const here = await device()
    await here.store.change([setting(PETNAME, "a", "old"), setting(MARK, "a", 1), setting(PETNAME, "a", "new"), removing(PETNAME, "z")])
    const store = await reopened(here)
    expect([store.get(PETNAME, "a"), store.get(MARK, "a"), store.get(PETNAME, "z")]).toEqual(["new", 1, undefined])
    await expect(here.store.change(Array.from({ length: 1_001 }, (_, i) => setting(MARK, `${i}`, i)))).rejects.toThrow(RangeError)
  })

  test("shows nothing that did not reach the disk", async () => {
    const here = await device()
    await here.store.set(PETNAME, "a", "kept")
    const put = here.records.put.bind(here.records)
    here.records.put = () => Promise.reject(new Error("full"))
    await expect(here.store.set(PETNAME, "a", "lost")).rejects.toThrow("full")
    await expect(here.store.remove(PETNAME, "a")).rejects.toThrow("full")
    expect(here.store.get(PETNAME, "a")).toBe("kept")
    here.records.put = put
    await here.store.set(PETNAME, "a", "next")
    expect(here.store.get(PETNAME, "a")).toBe("next")
  })

  test("keeps its own copy of a value", async () => {
    const here = await device()
    const LIST: StateType<unknown[]> = { name: "list", read: (value) => (Array.isArray(value) ? value : undefined) }
    const value = [1, 2]
    await here.store.set(LIST, "a", value)
    value.push(3)
    expect(here.store.get(LIST, "a")).toEqual([1, 2])
  })

  test("refuses keys and values beyond their bounds", async () => {
    const here = await device()
    await expect(here.store.set(PETNAME, "k".repeat(513), "x")).rejects.toThrow(RangeError)
    await expect(here.store.set({ name: "", read: text }, "k", "x")).rejects.toThrow(RangeError)
    await expect(here.store.set(PETNAME, "k", "x".repeat(1_100_000))).rejects.toThrow(RangeError)
    await expect(here.store.set({ name: "any", read: (v) => v }, "k", null)).rejects.toThrow(TypeError)
    expect(here.store.list(PETNAME)).toEqual([])
  })
})

describe("two devices of one person", () => {
  /** Carries each other's State records over until nothing is new, as a server of theirs would. */
  async function exchange(one: Device, other: Device, both: AbortSignal): Promise<void> {
    const deliver = async (from: Device, to: Device): Promise<void> => {
      for await (const { record } of from.records.changes(0, { signal: both })) await to.records.put([record])
    }
    await Promise.all(
      [deliver(one, other), deliver(other, one), one.store.follow(both), other.store.follow(both)].map((ended) =>
        ended.catch(() => undefined),
      ),
    )
  }

  test("agree in the end, by the rule of each type", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            on: fc.nat({ max: 1 }),
            mark: fc.boolean(),
            key: fc.constantFrom("a", "b"),
            value: fc.integer({ min: 1, max: 9 }),
            jump: fc.integer({ min: 0, max: 3 }),
          }),
          { maxLength: 8 },
        ),
        async (steps) => {
          const devices = [await device(), await device({ keys: otherKeys(), start: 1_699_999_999_999 })] as const
          const stop = new AbortController()
          const greatestSet = new Map<string, number>()
          for (const { on, mark, key, value, jump } of steps) {
            const { store, clock } = devices[on === 0 ? 0 : 1]
            clock.now += jump
            if (mark) {
              // A mark only advances on its own device.
              const next = Math.max(value, store.get(MARK, key) ?? 0)
              await store.set(MARK, key, next)
              greatestSet.set(key, Math.max(next, greatestSet.get(key) ?? 0))
            } else await store.set(PETNAME, key, `name ${value}`)
          }
          const exchanging = exchange(devices[0], devices[1], stop.signal)
          const view = ({ store }: Device): unknown => [
            store.list(PETNAME).map(({ key, value }) => [key, value]),
            store.list(MARK).map(({ key, value }) => [key, value]),
          ]
          await expect
            .poll(
              () =>
                JSON.stringify(view(devices[0])) === JSON.stringify(view(devices[1])) &&
                devices[0].store.list(MARK).every(({ key, value }) => value === greatestSet.get(key)),
              { timeout: 5_000, interval: 2 },
            )
            .toBe(true)
          stop.abort()
          await exchanging
          expect(JSON.stringify(view({ ...devices[0], store: await reopened(devices[0]) }))).toBe(JSON.stringify(view(devices[0])))
        },
      ),
      { numRuns: 15 },
    )
  })

  test("set after one another although the other's clock is far ahead and its record was not read yet", async () => {
    const here = await device()
    const ahead = await device({ keys: otherKeys(), start: 1_800_000_000_000 })
    await ahead.store.set(PETNAME, "a", "from ahead")
    for (const { record } of (await ahead.records.query({}, { limit: 10 })).records) await here.records.put([record])
    await here.store.set(PETNAME, "a", "set later here")
    expect((await reopened(here)).get(PETNAME, "a")).toBe("set later here")
  })
})

describe("State records", () => {
  test("tell nothing: neither type nor key nor value stands in them, and equal names look alike", async () => {
    const here = await device()
    await here.store.set(PETNAME, "MARKERKEY", "MARKERVALUE")
    await here.store.set(PETNAME, "other", "x")
    const records = (await here.records.query({}, { limit: 10 })).records.map(({ record }) => record)
    for (const record of records) {
      const latin = Buffer.from(record.bytes).toString("latin1")
      for (const marker of ["MARKERKEY", "MARKERVALUE", "petname"]) expect(latin.includes(marker)).toBe(false)
    }
    expect(new Set(records.map(({ bytes }) => bytes.length)).size).toBe(1)
  })

  test("of another key, or damaged, are left alone and told of", async () => {
    const troubles: unknown[] = []
    const foreign = await device({ keys: { ...otherKeys(), state: random(32) } })
    await foreign.store.set(PETNAME, "a", "foreign")
    const here = await device({ onUnreadable: (error) => troubles.push(error) })
    for (const { record } of (await foreign.records.query({}, { limit: 10 })).records) await here.records.put([record])
    await here.store.rebuild()
    expect(here.store.list(PETNAME)).toEqual([])
    expect(troubles.map(String)).toEqual(["VerifyError: state does not open"])
  })
})
