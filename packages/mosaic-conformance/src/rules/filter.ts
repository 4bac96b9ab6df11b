import { concatBytes } from "@tessera/mosaic"
import { expectRecords } from "../cast/expect-records.ts"
import { scheduleOf } from "../cast/key-schedule.ts"
import { freshKind } from "../cast/kind.ts"
import { present, seconds } from "../cast/person.ts"
import { idOf, timestampOf } from "../cast/record.ts"
import { type Scene, setScene, storeSome } from "../cast/scene.ts"
import { tag, textTag } from "../cast/tag.ts"
import type { Context } from "../context.ts"
import type { Level, Rule } from "../rule.ts"
import { zeros } from "../wire/bytes.ts"
import * as f from "../wire/filter.ts"

/** A filter, and which of the stored records it should bring, by their numbers from 1; they come newest first. */
type Case = readonly [filter: Uint8Array, expected: readonly number[]]

/** A rule that stores records, oldest first, and asks for them with filters. */
function rule(
  id: string,
  section: string,
  title: string,
  make: (scene: Scene, context: Context) => Promise<{ readonly records: readonly Uint8Array[]; readonly cases: readonly Case[] }>,
  level: Level = "MUST",
): Rule {
  return {
    id,
    page: section === "" ? "filter" : `filter#${section}`,
    level,
    title,
    async run(context) {
      const scene = await setScene(context)
      const { records, cases } = await make(scene, context)
      await scene.peer.put(...records)
      for (const [bytes, expected] of cases) {
        const brought = expected.toSorted((a, b) => b - a).map((number) => records[number - 1] ?? zeros(0))
        expectRecords((await scene.peer.query(bytes)).records, brought, records)
      }
    },
  }
}

/** Writes records of the scene's kind, each with its own tags. */
const tagged = ({ author, kind }: Scene, ...tags: readonly (readonly Uint8Array[])[]): Uint8Array[] =>
  tags.map((each) => author.write({ kind, tags: each }))

const [red, green, blue] = [textTag("red"), textTag("green"), textTag("blue")]

export const filterRules: readonly Rule[] = [
  rule("filter-authors", "author-keys", "Author Keys brings what any of these authors wrote", async ({ author, kind }, context) => {
    const [second, third] = [await context.writer(), await context.writer()]
    const records = [author, second, third].map((person) => person.write({ kind }))
    return {
      records,
      cases: [
        [f.filter(f.authors(author.key), f.kinds(kind)), [1]],
        [f.filter(f.authors(author.key, third.key), f.kinds(kind)), [1, 3]],
        [f.filter(f.authors(second.key)), [2]],
        [f.filter(f.authors(context.stranger().key), f.kinds(kind)), []],
      ],
    }
  }),
  rule("filter-signers", "signing-keys", "Signing Keys brings what any of these keys signed", async ({ kind, peer }, context) => {
    const author = await context.writer()
    await peer.put(scheduleOf(author))
    const records = [author.write({ kind }), author.writeByDevice({ kind })]
    return {
      records,
      cases: [
        [f.filter(f.signers(author.deviceKey)), [2]],
        [f.filter(f.signers(author.key), f.kinds(kind)), [1]],
        [f.filter(f.signers(author.key, author.deviceKey), f.kinds(kind)), [1, 2]],
        [f.filter(f.authors(author.key), f.kinds(kind)), [1, 2]],
      ],
    }
  }),
  rule("filter-kinds", "kinds", "Kinds brings what is of any of these kinds", async ({ author }) => {
    const [a, b, c] = [freshKind(), freshKind("versioned"), freshKind()]
    const records = [a, b, c].map((kind) => author.write({ kind }))
    return {
      records,
      cases: [
        [f.filter(f.kinds(a), f.authors(author.key)), [1]],
        [f.filter(f.kinds(c, b), f.authors(author.key)), [2, 3]],
        [f.filter(f.kinds(a ^ 1n), f.authors(author.key)), []],
      ],
    }
  }),
  rule(
    "filter-kinds-big-endian",
    "kinds",
    "Kinds in filters are big-endian, as on the kind page, not little-endian as on the filter page",
    async ({ author, kind }) => ({ records: [author.write({ kind })], cases: [[f.filter(f.kinds(kind)), [1]]] }),
    "SETTLED",
  ),
  rule("filter-timestamps", "timestamps", "Timestamps brings what has any of these exact times", async (scene) => {
    const records = tagged(scene, [], [], [])
    const [a = 0n, b = 0n, c = 0n] = records.map(timestampOf)
    const all = f.authors(scene.author.key)
    return {
      records,
      cases: [
        [f.filter(f.timestamps(b), all), [2]],
        [f.filter(f.timestamps(c, a), all), [1, 3]],
        [f.filter(f.timestamps(c + 1n), all), []],
        [f.filter(f.timestamps(a)), [1]],
      ],
    }
  }),
  rule("filter-included-tags-any", "included-tags", "Included Tags brings what has any of the tags of the element", async (scene) => {
    const kinds = f.kinds(scene.kind)
    return {
      records: tagged(scene, [red], [green], [blue], [red, blue], []),
      cases: [
        [f.filter(kinds, f.includedTags(red)), [1, 4]],
        [f.filter(kinds, f.includedTags(red, green)), [1, 2, 4]],
        [f.filter(kinds, f.includedTags(textTag("violet"))), []],
      ],
    }
  }),
  rule(
    "filter-included-tags-all",
    "included-tags",
    "Several Included Tags elements count, each: what has one tag of every element",
    async (scene) => {
      const kinds = f.kinds(scene.kind)
      return {
        records: tagged(scene, [red], [green], [blue], [red, blue], [green, blue]),
        cases: [
          [f.filter(kinds, f.includedTags(blue), f.includedTags(red)), [4]],
          [f.filter(f.includedTags(red, green), kinds, f.includedTags(blue)), [4, 5]],
        ],
      }
    },
  ),
  rule("filter-tag-exact", "included-tags", "A tag matches with its type and its whole value", async (scene) => {
    const kinds = f.kinds(scene.kind)
    return {
      records: tagged(scene, [textTag("red")], [textTag("redder")], [textTag("red", 0x7002)], [textTag("re")], [textTag("")]),
      cases: [
        [f.filter(kinds, f.includedTags(textTag("red"))), [1]],
        [f.filter(kinds, f.includedTags(textTag("redder"))), [2]],
        [f.filter(kinds, f.includedTags(textTag("red", 0x7002))), [3]],
        [f.filter(kinds, f.includedTags(textTag("red", 0x0270))), []],
        [f.filter(kinds, f.includedTags(textTag(""))), [5]],
      ],
    }
  }),
  rule("filter-tag-long", "included-tags", "Tags that are alike in their first hundred bytes are told apart", async (scene) => {
    const kinds = f.kinds(scene.kind)
    const [one, two] = [`${"x".repeat(100)}1`, `${"x".repeat(100)}2`]
    return {
      records: tagged(scene, [textTag(one)], [textTag(two)]),
      cases: [
        [f.filter(kinds, f.includedTags(textTag(one))), [1]],
        [f.filter(kinds, f.excludedTags(textTag(one))), [2]],
      ],
    }
  }),
  rule("filter-tags-alone", "included-tags", "Included Tags is narrow: it needs no other element", async (scene) => {
    const own = textTag(`only ${String(present())} ${scene.kind}`)
    return { records: tagged(scene, [own], []), cases: [[f.filter(f.includedTags(own)), [1]]] }
  }),
  rule("filter-tags-padding", "included-tags", "Zeros behind the last tag are padding", async (scene) => {
    const kinds = f.kinds(scene.kind)
    return {
      records: tagged(scene, [red], [green]),
      cases: [
        [f.filter(kinds, f.includedTags(red, zeros(2))), [1]],
        [f.filter(kinds, f.includedTags(red, zeros(16))), [1]],
      ],
    }
  }),
  rule("filter-since", "since", "Since brings what is dated then or later", async (scene) => {
    const records = tagged(scene, [], [], [])
    const [, at = 0n] = records.map(timestampOf)
    const kinds = f.kinds(scene.kind)
    return {
      records,
      cases: [
        [f.filter(kinds, f.since(at)), [2, 3]],
        [f.filter(kinds, f.since(at + 1n)), [3]],
        [f.filter(kinds, f.since(at - 1n)), [2, 3]],
      ],
    }
  }),
  rule("filter-until", "until", "Until brings what is dated then or earlier", async ({ author, kind }) => {
    const at = author.time()
    const records = [-2n, 0n, 2n].map((step) => author.write({ kind, timestamp: at + step }))
    const kinds = f.kinds(kind)
    return {
      records,
      cases: [
        [f.filter(kinds, f.until(at)), [1, 2]],
        [f.filter(kinds, f.until(at - 1n)), [1]],
        [f.filter(kinds, f.until(at + 1n)), [1, 2]],
      ],
    }
  }),
  rule(
    "filter-since-until",
    "",
    "Since and Until together bring what lies between; nothing when they are crossed",
    async ({ author, kind }) => {
      const at = author.time()
      const records = [-2n, 0n, 2n].map((step) => author.write({ kind, timestamp: at + step }))
      const kinds = f.kinds(kind)
      return {
        records,
        cases: [
          [f.filter(kinds, f.since(at), f.until(at)), [2]],
          [f.filter(kinds, f.since(at + 1n), f.until(at - 1n)), []],
        ],
      }
    },
  ),
  rule(
    "filter-received-since",
    "received-since",
    "Received Since goes by when the server got a record, not by its date",
    async ({ author, kind }) => {
      const now = present()
      const records = [author.write({ kind, timestamp: now - seconds(1e8) })]
      const kinds = f.kinds(kind)
      return {
        records,
        cases: [
          [f.filter(kinds, f.receivedSince(now - seconds(3_600))), [1]],
          [f.filter(kinds, f.receivedSince(now + seconds(3_600))), []],
        ],
      }
    },
  ),
  rule(
    "filter-received-until",
    "received-until",
    "Received Until goes by when the server got a record, not by its date",
    async ({ author, kind }) => {
      const now = present()
      const records = [author.write({ kind, timestamp: now - seconds(1e8) })]
      const kinds = f.kinds(kind)
      return {
        records,
        cases: [
          [f.filter(kinds, f.receivedUntil(now - seconds(3_600))), []],
          [f.filter(kinds, f.receivedUntil(now + seconds(3_600))), [1]],
        ],
      }
    },
  ),
  rule("filter-exclude", "exclude", "Exclude leaves out what has any of these id prefixes", async (scene) => {
    const records = tagged(scene, [], [], [], [])
    const [a = zeros(0), , c = zeros(0)] = records
    const kinds = f.kinds(scene.kind)
    return {
      records,
      cases: [
        [f.filter(kinds, f.exclude(idOf(a))), [2, 3, 4]],
        [f.filter(f.exclude(idOf(c), idOf(a)), kinds), [2, 4]],
        [f.filter(kinds, f.exclude(zeros(48))), [1, 2, 3, 4]],
      ],
    }
  }),
  rule(
    "filter-excluded-tags",
    "excluded-tags",
    "Excluded Tags leaves out what has any of the tags, of every such element",
    async (scene) => {
      const kinds = f.kinds(scene.kind)
      return {
        records: tagged(scene, [red], [green], [blue], [red, blue], []),
        cases: [
          [f.filter(kinds, f.excludedTags(red)), [2, 3, 5]],
          [f.filter(kinds, f.excludedTags(red, green)), [3, 5]],
          [f.filter(kinds, f.excludedTags(red), f.excludedTags(blue)), [2, 5]],
          [f.filter(kinds, f.includedTags(blue), f.excludedTags(red)), [3]],
        ],
      }
    },
  ),
  rule("filter-all-elements", "", "A record must pass every element", async (scene, context) => {
    const other = await context.writer()
    const { author, kind } = scene
    const records = [author.write({ kind, tags: [red] }), author.write({ kind, tags: [green] }), other.write({ kind, tags: [red] })]
    const at = timestampOf(records[0] ?? zeros(136))
    return {
      records,
      cases: [
        [f.filter(f.authors(author.key), f.kinds(kind), f.includedTags(red)), [1]],
        [f.filter(f.kinds(kind), f.timestamps(at), f.includedTags(green)), []],
        [f.filter(f.authors(other.key, author.key), f.kinds(kind), f.includedTags(red), f.since(at), f.exclude(zeros(48))), [1, 3]],
      ],
    }
  }),
  rule("filter-unique-first", "", "Of several elements of a unique type only the first counts", async (scene, context) => {
    const { author, kind } = scene
    const records = tagged(scene, [], [])
    const [a = 0n, b = 0n] = records.map(timestampOf)
    const [kinds, nobody] = [f.kinds(kind), f.authors(context.stranger().key)]
    return {
      records,
      cases: [
        [f.filter(kinds, f.authors(author.key), nobody), [1, 2]],
        [f.filter(kinds, nobody, f.authors(author.key)), []],
        [f.filter(kinds, f.kinds(kind ^ (1n << 20n))), [1, 2]],
        [f.filter(kinds, f.timestamps(a), f.timestamps(b)), [1]],
        [f.filter(kinds, f.since(b), f.since(0n)), [2]],
        [f.filter(kinds, f.until(a), f.until(b)), [1]],
        [f.filter(kinds, f.signers(author.key), f.signers(zeros(32))), [1, 2]],
        [f.filter(kinds, f.exclude(zeros(48)), f.exclude(idOf(records[0] ?? zeros(48)))), [1, 2]],
        [f.filter(kinds, f.receivedSince(0n), f.receivedSince(present() + seconds(3_600))), [1, 2]],
        [f.filter(kinds, f.receivedUntil(present() + seconds(3_600)), f.receivedUntil(0n)), [1, 2]],
      ],
    }
  }),
  rule("filter-long-element", "", "An element may have 255 words: 63 authors", async (scene, context) => {
    const { author, kind } = scene
    const others = Array.from({ length: 62 }, () => context.stranger().key)
    return { records: tagged(scene, []), cases: [[f.filter(f.authors(...others, author.key), f.kinds(kind)), [1]]] }
  }),
  rule("filter-long", "", "A filter of 60,000 bytes is read", async (scene) => {
    const { kind } = scene
    const many = Array.from({ length: 30 }, (_, index) => f.excludedTags(tag(0x7003, concatBytes(Uint8Array.of(index), zeros(2_000)))))
    return { records: tagged(scene, [red], []), cases: [[f.filter(f.kinds(kind), ...many), [1, 2]]] }
  }),
  {
    id: "filter-live",
    page: "filter",
    level: "MUST",
    title: "A live record is held against the filter as a stored one is",
    async run(context) {
      const scene = await setScene(context)
      const { peer, author, kind } = scene
      const at = author.time()
      const filters = [
        f.filter(f.kinds(kind), f.includedTags(red), f.excludedTags(blue)),
        f.filter(f.kinds(kind), f.since(at + 1n), f.until(at + 2n)),
        f.filter(f.authors(author.key), f.kinds(kind), f.receivedUntil(present() + seconds(3_600))),
      ]
      const open = []
      for (const bytes of filters) open.push(await peer.subscribe(bytes))
      const records = [[red], [red, blue], [green]].map((tags, index) => author.write({ kind, tags, timestamp: at + BigInt(index) }))
      await peer.put(...records)
      const expected = [[1], [2, 3], [1, 2, 3]]
      for (const [index, subscribed] of open.entries()) {
        for (const number of expected[index] ?? []) expectRecords([await peer.live(subscribed)], records.slice(number - 1, number), records)
      }
      await peer.expectNothing("what does not match came")
    },
  },
  {
    id: "filter-stored-once",
    page: "messages#subscribe",
    level: "MUST",
    title: "What is stored while a subscription begins comes once",
    async run(context) {
      const scene = await setScene(context)
      const other = await context.open()
      const before = await storeSome(scene, 20)
      const during = Array.from({ length: 20 }, () => scene.author.write({ kind: scene.kind }))
      const bringing = other.put(...during)
      const subscribed = await scene.peer.subscribe(f.filter(f.kinds(scene.kind)))
      await bringing
      const seen = new Set(subscribed.stored.map((record) => Buffer.from(record).toString("hex")))
      const doubled = subscribed.stored.length - seen.size
      while (seen.size < before.length + during.length) seen.add(Buffer.from(await scene.peer.live(subscribed)).toString("hex"))
      expectRecords(subscribed.stored.slice(0, doubled), [])
      await scene.peer.expectNothing("one came again")
    },
  },
]
