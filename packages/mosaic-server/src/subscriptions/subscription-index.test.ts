import { type Filter, type Tag, BLOG_POST, MICROBLOG_ROOT, matchesFilter } from "@tessera/mosaic"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { NOON, persona, write } from "../testing/personas.test-suite.ts"
import type { Outbox } from "../connection/outbox.ts"
import { Subscription } from "./subscription.ts"
import { SubscriptionIndex } from "./subscription-index.ts"

const people = [persona(1), persona(2), persona(3)]
const tags: readonly Tag[] = Array.from({ length: 6 }, (_, index) => ({ type: 0x8001, value: Uint8Array.of(index) }))
const records = fc.sample(fc.tuple(fc.constantFrom(...people), fc.constantFrom(MICROBLOG_ROOT, BLOG_POST), fc.subarray([...tags])), {
  numRuns: 40,
  seed: 1,
})
const written = records.map(([author, kind, carried]) => write(author, { kind, tags: carried }))

const filters: fc.Arbitrary<Filter> = fc.record(
  {
    authors: fc.subarray(people.map(({ key }) => key)),
    kinds: fc.subarray([MICROBLOG_ROOT, BLOG_POST]),
    includedTags: fc.array(fc.subarray([...tags]), { maxLength: 3 }),
    since: fc.constantFrom(NOON),
  },
  { requiredKeys: [] },
)

/** The index never reaches for these. */
const NO_OUTBOX = {} as Outbox
const subscriptionOf = (filter: Filter): Subscription =>
  new Subscription({
    queryId: 1,
    filter,
    peer: { key: undefined, remote: "", id: 1 },
    outbox: NO_OUTBOX,
    liveBytes: 0,
    onTooSlow: () => {},
  })

describe("the index of subscriptions", () => {
  it("misses none that a record matches, names none twice, and forgets those that are gone", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(filters, fc.boolean()), { maxLength: 30 }), (plan) => {
        const index = new SubscriptionIndex()
        const subscriptions = plan.map(([filter, stays]) => ({ subscription: subscriptionOf(filter), stays }))
        for (const { subscription } of subscriptions) index.add(subscription)
        for (const { subscription, stays } of subscriptions) if (!stays) index.delete(subscription)
        const left = subscriptions.flatMap(({ subscription, stays }) => (stays ? [subscription] : []))
        expect(index.size).toBe(left.length)
        for (const record of written) {
          const candidates = [...index.candidates(record)]
          expect(new Set(candidates).size).toBe(candidates.length)
          expect(left).toEqual(expect.arrayContaining(candidates))
          const matching = left.filter(({ filter }) => matchesFilter(filter, record, NOON))
          expect(candidates).toEqual(expect.arrayContaining(matching))
        }
        for (const subscription of left) index.delete(subscription)
        expect(index.size).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it("does not look at thousands that ask for other authors, tags and kinds", () => {
    const index = new SubscriptionIndex()
    for (let each = 0; each < 5_000; each += 1) {
      const other = new Uint8Array(32).fill(each & 0xff).fill(each >> 8, 0, 1)
      index.add(subscriptionOf({ authors: [other] }))
      index.add(subscriptionOf({ includedTags: [[{ type: 0x8001, value: other }]], kinds: [MICROBLOG_ROOT] }))
      index.add(subscriptionOf({ kinds: [BLOG_POST] }))
    }
    const author = people[0] ?? persona(1)
    const asked = subscriptionOf({ authors: [author.key] })
    index.add(asked)
    expect([...index.candidates(write(author, { tags: [...tags] }))]).toEqual([asked])
  })
})
