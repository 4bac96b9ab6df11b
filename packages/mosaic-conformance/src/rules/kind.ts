import { expectRecords } from "../cast/expect-records.ts"
import { freshKind } from "../cast/kind.ts"
import { freshNonce, present, seconds } from "../cast/person.ts"
import { addressOf, idOf, resign } from "../cast/record.ts"
import { setScene } from "../cast/scene.ts"
import { textTag } from "../cast/tag.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { u64, zeros } from "../wire/bytes.ts"
import { filter, kinds } from "../wire/filter.ts"

const page = "kind"

export const kind: readonly Rule[] = [
  {
    id: "replaceable-newest",
    page,
    level: "MUST",
    title: "Of a replaceable kind only the newest of an address is served",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const all = [1, 2, 3].map((version) => author.write({ kind: value, nonce, tags: [textTag(String(version))] }))
      const [one = zeros(0), two = zeros(0), three = zeros(0)] = all
      await peer.put(one, two, three)
      expectRecords((await peer.query(filter(kinds(value)))).records, [three], all)
      expectRecords((await peer.get(addressOf(one))).records, [three], all)
      expectRecords((await peer.subscribe(filter(kinds(value)))).stored, [three], all)
    },
  },
  {
    id: "replaceable-old-gone",
    page,
    level: "MUST",
    title: "A replaced record is not served by its id any more",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind: value, nonce }), author.write({ kind: value, nonce })]
      await peer.put(old, recent)
      expectRecords((await peer.get(idOf(old), idOf(recent))).records, [recent], [old, recent])
    },
  },
  {
    id: "replaceable-late",
    page,
    level: "MUST",
    title: "An older record that comes later replaces nothing",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind: value, nonce }), author.write({ kind: value, nonce })]
      await peer.put(recent)
      await peer.submit(old)
      expectRecords((await peer.query(filter(kinds(value)))).records, [recent], [old, recent])
    },
  },
  {
    id: "replaceable-superseded-duplicate",
    page: "messages#result-codes",
    level: "SETTLED",
    title: "A record that is already superseded gets DUPLICATE and is not stored",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind: value, nonce }), author.write({ kind: value, nonce })]
      await peer.put(recent)
      expectEqual(await peer.submit(old), "DUPLICATE", "result")
      expectRecords((await peer.get(idOf(old))).records, [], [old, recent])
    },
  },
  {
    id: "replaceable-tie",
    page,
    level: "SETTLED",
    title: "Of two replaceable records of one time the one with the greater id counts, in whatever order they come",
    async run(context) {
      for (const reversed of [false, true]) {
        const { peer, author, kind: value } = await setScene(context, "replaceable")
        const common = { kind: value, nonce: freshNonce(), timestamp: author.time() }
        const pair = ["one", "two"]
          .map((text) => author.write({ ...common, tags: [textTag(text)] }))
          .toSorted((a, b) => Buffer.compare(a, b))
        for (const record of reversed ? pair.toReversed() : pair) await peer.submit(record)
        expectRecords((await peer.query(filter(kinds(value)))).records, pair.slice(1), pair)
      }
    },
  },
  {
    id: "replaceable-own-address",
    page,
    level: "MUST",
    title: "Records of one kind and different nonces, or different authors, do not replace each other",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const other = await context.writer()
      const nonce = freshNonce()
      const all = [author.write({ kind: value, nonce }), author.write({ kind: value }), other.write({ kind: value, nonce })]
      await peer.put(...all)
      expectEqual((await peer.query(filter(kinds(value)))).records.length, 3, "records")
    },
  },
  {
    id: "versioned-all",
    page,
    level: "MUST",
    title: "Of a versioned kind all records of an address are kept",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "versioned")
      const nonce = freshNonce()
      const all = [1, 2, 3].map(() => author.write({ kind: value, nonce }))
      await peer.put(...all)
      expectRecords((await peer.query(filter(kinds(value)))).records, all.toReversed(), all)
    },
  },
  {
    id: "unique-all",
    page,
    level: "MUST",
    title: "Of a unique kind records that share an address are all preserved",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "unique")
      const nonce = freshNonce()
      const all = [1, 2].map(() => author.write({ kind: value, nonce }))
      await peer.put(...all)
      expectRecords((await peer.query(filter(kinds(value)))).records, all.toReversed(), all)
    },
  },
  {
    id: "ephemeral-live",
    page,
    level: "MUST",
    title: "An ephemeral record is served to current subscribers",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "ephemeral")
      const other = await context.open()
      const subscribed = await other.subscribe(filter(kinds(value)))
      const record = author.write({ kind: value })
      await peer.put(record)
      expectRecords([await other.live(subscribed)], [record])
    },
  },
  {
    id: "ephemeral-not-saved",
    page,
    level: "SHOULD",
    title: "An ephemeral record is neither saved nor served to later subscribers",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "ephemeral")
      await peer.subscribe(filter(kinds(value)))
      const record = author.write({ kind: value })
      await peer.put(record)
      const other = await context.open()
      expectRecords((await other.get(idOf(record))).records, [])
      expectRecords((await other.subscribe(filter(kinds(value)))).stored, [])
    },
  },
  {
    id: "ephemeral-no-consumers",
    page: "messages#result-codes",
    level: "MUST",
    title: "An ephemeral record that nobody is there to take gets NO_CONSUMERS",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "ephemeral")
      expectEqual(await peer.submit(author.write({ kind: value })), "NO_CONSUMERS", "result")
      expectRecords((await peer.subscribe(filter(kinds(value)))).stored, [])
    },
  },
  {
    id: "kind-reserved-bits",
    page,
    level: "MUST",
    title: "Bits 5 to 15 of the kind are reserved: a record that sets one is INVALID",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context)
      for (let bit = 5n; bit <= 15n; bit += 1n) {
        const result = await peer.submit(author.write({ kind: value | (1n << bit) }))
        if (result !== "INVALID") fail(`bit ${bit} set gets ${result}`)
      }
    },
  },
  {
    id: "kind-reserved-rights",
    page,
    level: "MUST",
    title: "The reading rights 10 are reserved: a record that has them is INVALID",
    async run(context) {
      const { peer, author } = await setScene(context)
      expectEqual(await peer.submit(author.write({ kind: (freshKind() & ~0b1100n) | 0b1000n })), "INVALID", "result")
    },
  },
  {
    id: "kind-printable",
    page,
    level: "MUST",
    title: "The printable bit changes nothing about how a record is handled",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind: value | 0x10n, nonce }), author.write({ kind: value | 0x10n, nonce })]
      await peer.put(old, recent)
      expectRecords((await peer.query(filter(kinds(value | 0x10n)))).records, [recent], [old, recent])
    },
  },
  {
    id: "replaceable-future",
    page: "timestamps",
    level: "SETTLED",
    title: "A time long past is kept as it is: records are ordered by their own times, to the nanosecond",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context, "versioned")
      const start = present() - seconds(3e8)
      const all = [0n, 1n, 2n, 256n].map((step) => author.write({ kind: value, timestamp: start + step }))
      const [a = zeros(0), b = zeros(0), c = zeros(0), d = zeros(0)] = all
      await peer.put(c, a, d, b)
      expectRecords((await peer.query(filter(kinds(value)))).records, [d, c, b, a], all)
    },
  },
  {
    id: "timestamp-top-bit",
    page: "timestamps",
    level: "SETTLED",
    title: "A timestamp whose top bit is set is INVALID: an id begins with a 0 bit",
    async run(context) {
      const { peer, author, kind: value } = await setScene(context)
      const bytes = author.write({ kind: value })
      bytes.set(u64((1n << 63n) | 5n), 128)
      expectEqual(await peer.submit(resign(bytes, author.secret)), "INVALID", "result")
    },
  },
]
