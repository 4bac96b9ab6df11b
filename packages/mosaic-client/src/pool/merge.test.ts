import { type VerifiedRecord, compareBytes, toHex } from "@tessera/mosaic"
import * as fc from "fast-check"
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { write } from "../testing.test-suite.ts"
import { type Brought, type MergeOptions, type MergeSource, type Merged, mergeNewestFirst } from "./merge.ts"

const RECORDS = Array.from({ length: 40 }, () => write(1))
const newestFirst = (records: readonly VerifiedRecord[]): VerifiedRecord[] => [...records].sort((a, b) => compareBytes(b.id, a.id))
const at = (...places: number[]): VerifiedRecord[] => newestFirst(places.flatMap((place) => RECORDS[place] ?? []))

/** Brings stored records, waits as told before each, is complete, and brings the new ones. */
function source(name: string, stored: readonly VerifiedRecord[], { waits = [], live, fail }: SourceOptions = {}): MergeSource<string> {
  return {
    name,
    async *open(signal): AsyncGenerator<Brought, void, void> {
      for (const [place, record] of stored.entries()) {
        for (let turns = waits[place] ?? 0; turns > 0; turns -= 1) await turn()
        yield { record }
      }
      if (fail !== undefined) throw fail
      if (live === undefined) return
      yield { complete: true }
      for (const record of live) yield { record }
      await delay(1e6, undefined, { signal, ref: false })
    },
  }
}

interface SourceOptions {
  readonly waits?: readonly number[]
  readonly live?: readonly VerifiedRecord[]
  readonly fail?: Error
}

function silent(name: string): MergeSource<string> {
  return {
    name,
    // eslint-disable-next-line require-yield
    async *open(signal): AsyncGenerator<Brought, void, void> {
      await delay(1e6, undefined, { signal, ref: false })
    },
  }
}

async function merged(sources: MergeSource<string>[], options: MergeOptions<string> = {}, most = Infinity): Promise<Merged<string>[]> {
  const items: Merged<string>[] = []
  for await (const item of mergeNewestFirst(sources, options)) {
    items.push(item)
    if (items.length >= most) break
  }
  return items
}

const ids = (items: readonly Merged<string>[]): string[] => items.flatMap((item) => ("record" in item ? [toHex(item.record.id)] : []))
const named = (records: readonly VerifiedRecord[]): string[] => records.map(({ id }) => toHex(id))

describe("mergeNewestFirst", () => {
  it("brings each record once, newest first over all sources, however they come", async () => {
    const one = fc.record({ places: fc.uniqueArray(fc.nat(39), { maxLength: 12 }), waits: fc.array(fc.nat(3), { maxLength: 12 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 5 }), fc.integer({ min: 12, max: 100 }), async (given, bufferedRecords) => {
        const sources = given.map(({ places, waits }, index) => source(`${index}`, at(...places), { waits }))
        const items = await merged(sources, { bufferedRecords: bufferedRecords * 10 })
        expect(ids(items)).toEqual(named(at(...new Set(given.flatMap(({ places }) => places)))))
        expect(items.filter((item) => "ended" in item)).toHaveLength(given.length)
        expect(items.filter((item) => "complete" in item)).toHaveLength(1)
        // A source ends after the last of its records.
        for (const [place, item] of items.entries()) {
          if (!("ended" in item)) continue
          expect(items.slice(place).filter((later) => "record" in later && later.from === item.ended)).toEqual([])
        }
      }),
    )
  })

  it("says that it is complete after the last stored record, and goes on with new ones at once", async () => {
    const sources = [source("a", at(3, 1), { live: at(9, 8) }), source("b", at(2, 1), { waits: [9, 9], live: at(9) })]
    const items = await merged(sources, {}, 6)
    const kinds = items.map((item) => ("record" in item ? RECORDS.indexOf(item.record) : Object.keys(item)[0]))
    // What is new does not wait for what is stored elsewhere.
    expect(new Set(kinds.slice(0, 2))).toEqual(new Set([8, 9]))
    expect(kinds.slice(2)).toEqual([3, 2, 1, "complete"])
  })

  it("waits for a silent source only so long, and no second time", async () => {
    const started = performance.now()
    const items = await merged([silent("slow"), source("a", at(3, 2, 1), { live: [] })], { patienceMs: 30 }, 4)
    expect(ids(items)).toEqual(named(at(3, 2, 1)))
    expect(items.at(-1)).toEqual({ complete: true })
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it("takes what a late source brings afterwards, out of order", async () => {
    const late: MergeSource<string> = {
      name: "late",
      async *open(signal): AsyncGenerator<Brought, void, void> {
        await delay(80, undefined, { signal })
        yield* at(9, 2).map((record) => ({ record }))
      },
    }
    const items = await merged([late, source("a", at(3, 2))], { patienceMs: 10 })
    expect(ids(items)).toEqual(named(at(3, 2)).concat(named(at(9))))
  })

  it("is stopped by no silent source when there is no more room: then the newest that is there comes", async () => {
    const items = await merged([silent("slow"), source("a", at(...Array(30).keys()))], { bufferedRecords: 4, patienceMs: 60_000 }, 20)
    expect(ids(items)).toEqual(named(at(...Array(30).keys())).slice(0, 20))
  })

  it("holds no more than it may, whatever a source would bring", async () => {
    let brought = 0
    const eager: MergeSource<string> = {
      name: "eager",
      async *open(): AsyncGenerator<Brought, void, void> {
        for (const record of newestFirst(RECORDS)) {
          brought += 1
          yield { record }
        }
      },
    }
    for await (const _ of mergeNewestFirst([eager, silent("slow")], { bufferedRecords: 5, patienceMs: 10 })) {
      for (let turns = 0; turns < 20; turns += 1) await turn()
      break
    }
    expect(brought).toBeLessThanOrEqual(7)
  })

  it("goes on when a source fails, and says so", async () => {
    const fail = new Error("gone")
    const items = await merged([source("bad", at(5), { fail }), source("a", at(4, 3))])
    expect(ids(items)).toEqual(named(at(5, 4, 3)))
    expect(items).toContainEqual({ ended: "bad", error: fail })
  })

  it("tells of each record that is dealt with, in the order of its source, doubles too", async () => {
    const taken: string[] = []
    const options = { onTaken: (name: string) => void taken.push(name) }
    const iterator = mergeNewestFirst([source("a", at(3, 2)), source("b", at(3, 1))], options)
    await iterator.next()
    expect(taken).toEqual([])
    for await (const _ of iterator) void _
    expect(taken.sort()).toEqual(["a", "a", "b", "b"])
  })

  it("ends with the signal's reason, and leaves its sources", async () => {
    const abort = new AbortController()
    let left = false
    const held: MergeSource<string> = {
      name: "held",
      async *open(signal): AsyncGenerator<Brought, void, void> {
        signal.addEventListener("abort", () => (left = true))
        yield* at(1).map((record) => ({ record }))
        await delay(1e6, undefined, { signal, ref: false })
      },
    }
    setTimeout(() => abort.abort(new Error("enough")), 20)
    await expect(merged([held], { signal: abort.signal })).rejects.toThrow("enough")
    expect(left).toBe(true)
  })
})
