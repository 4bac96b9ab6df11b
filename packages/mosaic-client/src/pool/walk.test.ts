import { type Filter, type VerifiedRecord, compareBytes, matchesFilter } from "@tessera/mosaic"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { NOON, keyOf, write } from "../testing.test-suite.ts"
import { collect, idsOf } from "./test-world.test-suite.ts"
import { walk } from "./walk.ts"

const filter = { authors: [keyOf(1)] }
const newestFirst = (records: readonly VerifiedRecord[]): VerifiedRecord[] => [...records].sort((a, b) => compareBytes(b.id, a.id))
const POOL = Array.from({ length: 200 }, (_, index) => write(1, { timestamp: timeOf(Math.floor(index / 40)) }))

function timeOf(step: number) {
  return ((NOON as bigint) + BigInt(step)) as typeof NOON
}

/** A server that answers queries from a list, and perhaps sends fewer than it is asked for. */
function serverWith(records: readonly VerifiedRecord[], cap = Infinity) {
  const all = newestFirst(records)
  const asked: Filter[] = []
  return {
    asked,
    async *query(given: Filter, { limit = 0 } = {}): AsyncGenerator<VerifiedRecord> {
      asked.push(given)
      const matching = all.filter((record) => matchesFilter(given, record, record.timestamp))
      yield* matching.slice(0, Math.min(cap, limit === 0 ? Infinity : limit))
    },
  }
}

describe("walk", () => {
  it("brings each record once, newest first, whatever the size of pages, and though many share a timestamp", async () => {
    const chosen = fc.uniqueArray(fc.nat(199), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(chosen, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 60 }), async (places, pageRecords, limit) => {
        const records = places.flatMap((place) => POOL[place] ?? [])
        const all = idsOf(newestFirst(records))
        expect(idsOf(await collect(walk(serverWith(records), { filter, pageRecords })))).toEqual(all)
        expect(idsOf(await collect(walk(serverWith(records), { filter, pageRecords, limit })))).toEqual(all.slice(0, limit))
        // A server that sends fewer than it is asked for: at most 40 share a timestamp here, which an Exclude element holds.
        expect(idsOf(await collect(walk(serverWith(records, 1), { filter, pageRecords })))).toEqual(all)
      }),
      { numRuns: 50 },
    )
  })

  it("passes over none of hundreds that share a timestamp, more than a filter can exclude", async () => {
    const same = Array.from({ length: 150 }, () => write(1, { timestamp: NOON }))
    const older = write(1, { timestamp: timeOf(-5) })
    const walked = await collect(walk(serverWith([...same, older]), { filter, pageRecords: 20 }))
    expect(idsOf(walked)).toEqual(idsOf(newestFirst([...same, older])))
  })

  it("keeps what the filter excludes already, within what an element holds", async () => {
    const server = serverWith(POOL)
    const exclude = POOL.slice(0, 60).map(({ id }) => id.slice(0, 32))
    const walked = await collect(walk(server, { filter: { ...filter, exclude }, pageRecords: 10 }))
    expect(walked).toHaveLength(140)
    for (const { exclude: excluded } of server.asked) expect(excluded?.length).toBeLessThanOrEqual(63)
  })

  it("leaves a page that is long in bytes, and goes on from there", async () => {
    const long = Array.from({ length: 6 }, () => write(1, { text: "x".repeat(400_000) }))
    const server = serverWith(long)
    expect(idsOf(await collect(walk(server, { filter })))).toEqual(idsOf(newestFirst(long)))
    expect(server.asked.length).toBeGreaterThan(2)
  })

  it("comes to an end although the server sends the same again and again", async () => {
    const same = [write(1), write(1)]
    const stubborn = {
      async *query(): AsyncGenerator<VerifiedRecord> {
        yield* newestFirst(same)
      },
    }
    expect(await collect(walk(stubborn, { filter }))).toHaveLength(2)
  })
})
