import {
  type Filter,
  type Kind,
  type Message,
  type PublicKey,
  MICROBLOG_ROOT,
  makeKind,
  matchesFilter,
  notifyTag,
  toHex,
} from "@tessera/mosaic"
import fc from "fast-check"
import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { hasReadingRight } from "../policy/reading-rights.ts"
import { NOON, later, persona, schedule, write } from "../testing/personas.test-suite.ts"
import { Rig } from "../testing/rig.test-suite.ts"

const people = [persona(1), persona(2), persona(3)] as const
const KINDS: readonly Kind[] = (["author", "tagged", "everybody"] as const).map((readers) =>
  makeKind({ application: 99, number: 1, handling: "unique", readers }),
)
/** Signed once: one record of each author, kind and person tagged, several times. */
const pool = Array.from({ length: 90 }, (_, index) => {
  const author = people[index % 3] ?? people[0]
  const tagged = people[Math.floor(index / 9) % 3] ?? people[0]
  const kind = KINDS[Math.floor(index / 3) % 3] ?? MICROBLOG_ROOT
  return write(author, { kind, tags: [notifyTag(tagged.key)], timestamp: later((index * 37) % 90) })
})
const READERS: readonly (PublicKey | undefined)[] = [undefined, people[0].key, people[1].deviceKey, people[2].key]
const masterOf = (key: PublicKey): PublicKey => people.find(({ deviceKey }) => deviceKey === key)?.key ?? key

const filters = fc.record(
  {
    authors: fc.subarray(
      people.map(({ key }) => key),
      { minLength: 1 },
    ),
    kinds: fc.subarray([...KINDS], { minLength: 1 }),
    since: fc.integer({ min: 0, max: 90 }).map((seconds) => later(seconds)),
    includedTags: fc.constantFrom(...people).map(({ key }) => [[notifyTag(key)]]),
  },
  { requiredKeys: ["kinds"] },
)

type Step =
  | { readonly do: "put"; readonly count: number }
  | { readonly do: "subscribe"; readonly reader: number; readonly queryId: number; readonly filter: Filter }
  | { readonly do: "unsubscribe"; readonly reader: number; readonly queryId: number }

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("put" as const), count: fc.integer({ min: 1, max: 9 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("subscribe" as const), reader: fc.nat(3), queryId: fc.nat(2), filter: filters }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), reader: fc.nat(3), queryId: fc.nat(2) }) },
  ),
  { minLength: 5, maxLength: 40 },
)

/** What a reader must have got for one query by the end, while it was open, and what it got. */
interface Followed {
  readonly filter: Filter
  readonly got: string[]
}

describe("all subscriptions together", () => {
  it("bring every reader what they asked for and may read, once, whatever is opened, replaced and closed in between", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan: readonly Step[]) => {
        await using rig = new Rig({ now: () => NOON })
        await rig.store.put(people.map((person) => schedule(person)))
        const peers = await Promise.all(READERS.map((key) => rig.connect(key)))
        const open = READERS.map(() => new Map<number, Followed>())
        let put = 0
        const collect = (reader: number, messages: readonly Message[]): void => {
          for (const message of messages) {
            if (message.type === "record") open[reader]?.get(message.queryId)?.got.push(toHex(message.record.subarray(0, 48)))
          }
        }
        for (const step of plan) {
          if (step.do === "put") {
            await rig.store.put(pool.slice(put, put + step.count))
            put = Math.min(pool.length, put + step.count)
            continue
          }
          const { reader, queryId } = step
          const peer = peers[reader]
          if (step.do === "unsubscribe") {
            // What still comes of it before the answer belongs to nobody any more.
            const messages = await peer?.ask({ type: "unsubscribe", queryId }, "queryClosed")
            open[reader]?.delete(queryId)
            collect(reader, messages ?? [])
            continue
          }
          // What the old query of this id still had on its way must not be taken for the new one's: no client could tell them apart.
          if (open[reader]?.has(queryId) ?? false) for (let i = 0; i < 30; i += 1) await turn()
          collect(reader, (await peer?.arrived()) ?? [])
          open[reader]?.set(queryId, { filter: step.filter, got: [] })
          collect(reader, (await peer?.ask({ type: "subscribe", queryId, limit: 0, filter: step.filter }, "locallyComplete")) ?? [])
        }
        for (const [reader, peer] of peers.entries()) {
          for (let i = 0; i < 30; i += 1) await turn()
          collect(reader, await peer.arrived())
          const key = READERS[reader]
          const keys = key === undefined ? [] : [key, masterOf(key)]
          for (const { filter, got } of open[reader]?.values() ?? []) {
            const expected = pool.slice(0, put).filter((record) => matchesFilter(filter, record, NOON) && hasReadingRight(record, keys))
            expect(got.toSorted()).toEqual(expected.map(({ id }) => toHex(id)).toSorted())
          }
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 40) },
    )
  })
})
