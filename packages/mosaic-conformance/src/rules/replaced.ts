import { expectRecords } from "../cast/expect-records.ts"
import { freshNonce } from "../cast/person.ts"
import { addressOf, idOf, timestampOf } from "../cast/record.ts"
import { setScene } from "../cast/scene.ts"
import { textTag } from "../cast/tag.ts"
import type { Rule } from "../rule.ts"
import { expectEqual } from "../verdict.ts"
import * as f from "../wire/filter.ts"

const page = "kind"

export const replaced: readonly Rule[] = [
  {
    id: "replaceable-hidden",
    page,
    level: "MUST",
    title: "A replaced record is not served to filters that the newest does not match either",
    async run(context) {
      const { peer, author, kind } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [red, green] = [textTag("red"), textTag("green")]
      const [old, recent] = [author.write({ kind, nonce, tags: [red] }), author.write({ kind, nonce, tags: [green] })]
      await peer.put(old, recent)
      const kinds = f.kinds(kind)
      const filters = [
        f.filter(kinds, f.until(timestampOf(old))),
        f.filter(kinds, f.timestamps(timestampOf(old))),
        f.filter(kinds, f.includedTags(red)),
        f.filter(kinds, f.excludedTags(green)),
        f.filter(kinds, f.exclude(idOf(recent))),
      ]
      for (const [index, bytes] of filters.entries()) {
        expectEqual((await peer.query(bytes)).records.length, 0, `records of query ${index + 1}`)
        expectEqual((await peer.subscribe(bytes)).stored.length, 0, `records of subscription ${index + 1}`)
      }
      expectRecords((await peer.query(f.filter(kinds))).records, [recent], [old, recent])
    },
  },
  {
    id: "replaceable-live",
    page,
    level: "MUST",
    title: "A record that replaces another reaches those who have subscribed, once",
    async run(context) {
      const { peer, author, kind } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind, nonce }), author.write({ kind, nonce })]
      await peer.put(old)
      const subscribed = await peer.subscribe(f.filter(f.kinds(kind)))
      expectRecords(subscribed.stored, [old])
      await peer.put(recent)
      expectRecords([await peer.live(subscribed)], [recent])
      await peer.expectNothing("something else came")
    },
  },
  {
    id: "ephemeral-by-reference",
    page,
    level: "SHOULD",
    title: "An ephemeral record is not found by its id or address later",
    async run(context) {
      const { peer, author, kind } = await setScene(context, "ephemeral")
      const subscribed = await peer.subscribe(f.filter(f.kinds(kind)))
      const record = author.write({ kind })
      await peer.put(record)
      expectRecords([await peer.live(subscribed)], [record])
      expectRecords((await peer.get(idOf(record), addressOf(record))).records, [], [record])
    },
  },
]
