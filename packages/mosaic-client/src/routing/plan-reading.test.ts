import {
  type BootstrapServer,
  type PublicKey,
  MICROBLOG_ROOT,
  encodeFilter,
  equalBytes,
  notifyTag,
  parseKind,
  toHex,
} from "@tessera/mosaic"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { growthExponent } from "../../../mosaic/test/growth.ts"
import { KeyMap } from "../key-map.ts"
import { keyOf } from "../testing.test-suite.ts"
import { AVOIDED, type RoutingFacts } from "./facts.ts"
import { planReading, planReadingTagged } from "./plan-reading.ts"

const OUTBOX = 1
const INBOX = 2
const ENCRYPTION = 4

/** Keys by number. Those of the curve are dear to make, and routing does not look whether they are. */
function cheapKey(number: number): PublicKey {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, Math.imul(number, 0x9e37_79b1))
  new DataView(key.buffer).setUint32(4, number)
  return key as PublicKey
}

const uses = (servers: readonly PublicKey[], usage = OUTBOX): BootstrapServer[] => servers.map((serverKey) => ({ usage, serverKey }))

interface World {
  readonly people: KeyMap<readonly BootstrapServer[]>
  readonly urls?: KeyMap<readonly string[]>
  readonly health?: KeyMap<number>
}

const facts = ({ people, urls, health }: World): RoutingFacts => ({
  servers: (person) => people.get(person),
  urls: (server) => (urls === undefined ? [`mosaictcp://${toHex(server).slice(0, 8)}`] : urls.get(server)),
  canDial: (url) => url.startsWith("mosaictcp:"),
  health: (server) => health?.get(server) ?? 1,
})

function keyMap<Value>(entries: readonly (readonly [PublicKey, Value])[]): KeyMap<Value> {
  const map = new KeyMap<Value>()
  for (const [key, value] of entries) map.set(key, value)
  return map
}

const holds = (keys: readonly PublicKey[], key: PublicKey): boolean => keys.some((other) => equalBytes(other, key))

describe("planReading", () => {
  const [a, b, c, d] = [1, 2, 3, 4].map(cheapKey) as [PublicKey, PublicKey, PublicKey, PublicKey]
  const [s, t, u, v] = [101, 102, 103, 104].map(cheapKey) as [PublicKey, PublicKey, PublicKey, PublicKey]

  it("reads everybody at few servers, each person at two", () => {
    const people = keyMap([
      [a, uses([s, t, u])],
      [b, uses([u, s])],
      [c, uses([s, u, v])],
    ])
    const { reads, unread } = planReading({ authors: [a, b, c] }, facts({ people }))
    expect(unread).toEqual([])
    expect(reads).toHaveLength(2)
    for (const read of reads) {
      expect(holds([s, u], read.server)).toBe(true)
      expect(read.people).toHaveLength(3)
      expect(read).toMatchObject({ role: "outbox", asSelf: false })
    }
  })

  it("reads once where nobody asks for more, at the server that is preferred", () => {
    const people = keyMap([[a, uses([t, s, u])]])
    const { reads } = planReading({ authors: [a], redundancy: 1 }, facts({ people }))
    expect(reads.map(({ server }) => server)).toEqual([t])
  })

  it("uses the first three servers of the role and no fourth", () => {
    const people = keyMap([[a, [...uses([v], INBOX), ...uses([s, s, t, u, d])]]])
    const { reads } = planReading({ authors: [a], redundancy: 3 }, facts({ people }))
    expect(reads.map(({ server }) => toHex(server)).sort()).toEqual([s, t, u].map(toHex).sort())
  })

  it("avoids a server that did badly, but not when there is no other", () => {
    const people = keyMap([
      [a, uses([s, t])],
      [b, uses([s])],
    ])
    const health = keyMap([[s, 0]])
    const plan = (authors: PublicKey[], redundancy: number) => planReading({ authors, redundancy }, facts({ people, health })).reads
    expect(plan([a], 1).map(({ server }) => server)).toEqual([t])
    expect(plan([b], 1).map(({ server }) => server)).toEqual([s])
    expect(plan([a], 2)).toHaveLength(2)
  })

  it("says who cannot be read, and why", () => {
    const people = keyMap([
      [b, uses([s], INBOX)],
      [c, uses([t])],
    ])
    const urls = keyMap([[t, ["mosaicwss://example.org", "mosaic://192.0.2.1"]]])
    const { reads, unread } = planReading({ authors: [a, b, c] }, facts({ people, urls }))
    expect(reads).toEqual([])
    expect(unread.map(({ reason }) => reason).sort()).toEqual(["noServer", "noTransport", "unknown"])
  })

  it("gives the URLs that can be dialled, in the server's order", () => {
    const urls = keyMap([[s, ["mosaictcp://b", "mosaic://x", "mosaictcp://a"]]])
    const { reads } = planReading({ authors: [a] }, facts({ people: keyMap([[a, uses([s])]]), urls }))
    expect(reads[0]?.urls).toEqual(["mosaictcp://b", "mosaictcp://a"])
  })

  it("asks with filters that can be written, however many authors and kinds", () => {
    const authors = Array.from({ length: 200 }, (_, index) => keyOf(index))
    const kinds = Array.from({ length: 300 }, (_, index) => parseKind(BigInt(index) << 16n))
    const people = keyMap(authors.map((author) => [author, uses([s])] as const))
    const { reads } = planReading({ authors, kinds }, facts({ people }))
    const filters = reads.flatMap((read) => read.filters)
    expect(filters).toHaveLength(4 * 2)
    for (const filter of filters) expect(() => encodeFilter(filter)).not.toThrow()
    for (const author of authors) expect(filters.filter((filter) => holds(filter.authors as PublicKey[], author))).toHaveLength(2)
  })

  it("refuses a redundancy that no role has servers for", () => {
    for (const redundancy of [0, 4, 1.5])
      expect(() => planReading({ authors: [], redundancy }, facts({ people: keyMap([]) }))).toThrow(RangeError)
  })

  it("reads each person wherever that is possible, at no more servers than asked for, whatever the world is like", () => {
    const person = fc.record({
      servers: fc.option(fc.array(fc.record({ server: fc.nat(11), usage: fc.integer({ min: 1, max: 7 }) }), { maxLength: 6 }), {
        nil: undefined,
      }),
    })
    const world = fc.record({
      people: fc.array(person, { minLength: 1, maxLength: 20 }),
      dialable: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      health: fc.array(fc.constantFrom(0, 0.1, AVOIDED, 0.5, 1), { minLength: 12, maxLength: 12 }),
      redundancy: fc.integer({ min: 1, max: 3 }),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(world, ({ people, dialable, health, redundancy, seed }) => {
        const server = (number: number): PublicKey => cheapKey(1000 + number)
        const authors = people.map((_, index) => cheapKey(index))
        const known: [PublicKey, BootstrapServer[]][] = people.flatMap(({ servers }, index) =>
          servers === undefined ? [] : [[cheapKey(index), servers.map((use) => ({ usage: use.usage, serverKey: server(use.server) }))]],
        )
        const given = facts({
          people: keyMap(known),
          urls: keyMap(dialable.flatMap((yes, index) => (yes ? [[server(index), ["mosaictcp://x"]] as const] : []))),
          health: keyMap(health.map((value, index) => [server(index), value] as const)),
        })
        const plan = planReading({ authors, redundancy, kinds: [MICROBLOG_ROOT] }, given)
        for (const [index, author] of authors.entries()) {
          const outboxes = (people[index]?.servers ?? []).filter(({ usage }) => (usage & OUTBOX) !== 0).map((use) => use.server)
          const firstThree = [...new Set(outboxes)].slice(0, 3)
          const available = firstThree.filter((number) => dialable[number])
          const reading = plan.reads.filter((read) => holds(read.people, author))
          expect(reading).toHaveLength(Math.min(redundancy, available.length))
          for (const read of reading) {
            expect(available.some((number) => equalBytes(server(number), read.server))).toBe(true)
            expect(read.filters.filter((filter) => holds(filter.authors as PublicKey[], author))).toHaveLength(1)
          }
          expect(plan.unread.some((other) => equalBytes(other.person, author))).toBe(available.length === 0)
        }
        expect(new Set(plan.reads.map((read) => toHex(read.server))).size).toBe(plan.reads.length)
        const shuffled = authors
          .map((author, index) => ({ author, place: Math.imul(index + seed, 0x9e37_79b1) }))
          .sort((x, y) => x.place - y.place)
        expect(planReading({ authors: shuffled.map(({ author }) => author), redundancy, kinds: [MICROBLOG_ROOT] }, given)).toEqual(plan)
      }),
    )
  })

  it("takes time in proportion to the people that are followed, 10,000 of them too", () => {
    const plan = ({ authors, given }: { authors: PublicKey[]; given: RoutingFacts }) => planReading({ authors }, given)
    const prepare = (size: number): { authors: PublicKey[]; given: RoutingFacts } => {
      const authors = Array.from({ length: size }, (_, index) => cheapKey(index))
      const server = (number: number): PublicKey => cheapKey(1_000_000 + (number % Math.ceil(size / 5)))
      const people = keyMap(authors.map((author, index) => [author, uses([index, index * 7 + 1, index * 13 + 2].map(server))] as const))
      return { authors, given: facts({ people }) }
    }
    expect(growthExponent(625, prepare, plan)).toBeLessThan(1.4)
    expect(plan(prepare(10_000)).unread).toEqual([])
  })
})

describe("planReadingTagged", () => {
  it.each([
    ["inbox", INBOX],
    ["encryption", ENCRYPTION],
  ] as const)("reads all of the first three %s servers, as oneself", (role, usage) => {
    const me = keyOf(1)
    const servers = [201, 202, 203, 204].map(cheapKey)
    const people = keyMap([[me, [...uses([cheapKey(9)], 7 & ~usage), ...uses(servers, usage)]]])
    const { reads, unread } = planReadingTagged({ person: me, role }, facts({ people }))
    expect(unread).toEqual([])
    expect(reads.map(({ server }) => server)).toEqual(servers.slice(0, 3))
    for (const read of reads) {
      expect(read.asSelf).toBe(true)
      expect(read.filters).toEqual([{ includedTags: [[notifyTag(me)]] }])
    }
  })

  it("says when somebody has no such server", () => {
    const me = keyOf(1)
    const people = keyMap([[me, uses([cheapKey(1)], OUTBOX)]])
    expect(planReadingTagged({ person: me, role: "encryption" }, facts({ people })).unread).toEqual([
      { person: me, role: "encryption", reason: "noServer" },
    ])
  })
})
