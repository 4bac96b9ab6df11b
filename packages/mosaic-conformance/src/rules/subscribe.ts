import { expectRecords } from "../cast/expect-records.ts"
import { freshKind } from "../cast/kind.ts"
import { freshNonce } from "../cast/person.ts"
import { setScene, storeSome } from "../cast/scene.ts"
import type { Rule } from "../rule.ts"
import { expectEqual } from "../verdict.ts"
import { authors, filter, kinds } from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

const page = "messages#subscribe"

export const subscribe: readonly Rule[] = [
  {
    id: "subscribe-stored",
    page,
    level: "MUST",
    title: "Subscribe brings what is stored, newest first, then Locally Complete",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 4)
      expectRecords((await scene.peer.subscribe(filter(kinds(scene.kind)))).stored, records.toReversed(), records)
    },
  },
  {
    id: "subscribe-live",
    page,
    level: "MUST",
    title: "Subscribe brings what comes in afterwards, from any connection",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const other = await context.open()
      const subscribed = await peer.subscribe(filter(kinds(kind)))
      const [first, second] = [author.write({ kind }), author.write({ kind })]
      await other.put(first)
      await peer.put(second)
      expectRecords([await peer.live(subscribed), await peer.live(subscribed)], [first, second])
    },
  },
  {
    id: "subscribe-live-matching",
    page,
    level: "MUST",
    title: "An open subscription brings only what matches its filter",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const subscribed = await peer.subscribe(filter(kinds(kind), authors(author.key)))
      const other = await context.writer()
      const matching = author.write({ kind })
      await peer.put(author.write({ kind: freshKind() }), other.write({ kind }), matching)
      expectRecords([await peer.live(subscribed)], [matching])
      await peer.expectNothing("what does not match came")
    },
  },
  {
    id: "subscribe-once",
    page,
    level: "MUST",
    title: "A record reaches each open subscription that it matches once",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const one = await peer.subscribe(filter(kinds(kind)))
      const two = await peer.subscribe(filter(authors(author.key), kinds(kind)))
      const record = author.write({ kind })
      await peer.put(record)
      expectRecords([await peer.live(one), await peer.live(two)], [record, record])
      expectEqual(await peer.submit(record), "DUPLICATE", "the same again")
      await peer.expectNothing("it came once more")
    },
  },
  {
    id: "subscribe-limit-stored",
    page,
    level: "SETTLED",
    title: "LIMIT of Subscribe bounds what is stored, not what comes in",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 4)
      const subscribed = await scene.peer.subscribe(filter(kinds(scene.kind)), 2)
      expectRecords(subscribed.stored, records.toReversed().slice(0, 2), records)
      const later = [1, 2, 3].map(() => scene.author.write({ kind: scene.kind }))
      await scene.peer.put(...later)
      for (const record of later) expectRecords([await scene.peer.live(subscribed)], [record])
    },
  },
  {
    id: "subscribe-replaces",
    page,
    level: "SETTLED",
    title: "A query id that is still open is replaced by the new query, without a Query Closed for the old one",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const other = freshKind()
      const subscribed = await peer.subscribe(filter(kinds(kind)))
      await peer.subscribe(filter(kinds(other)), 0, subscribed.queryId)
      await peer.put(author.write({ kind }))
      await peer.expectNothing("for the old query came")
      const record = author.write({ kind: other })
      await peer.put(record)
      expectRecords([await peer.live(subscribed)], [record])
    },
  },
  {
    id: "subscribe-too-open",
    page,
    level: "SETTLED",
    title: "A Subscribe without a narrow element is closed with TOO_OPEN",
    async run(context) {
      const peer = await context.open()
      const queryId = peer.newQueryId()
      await peer.send(message.subscribe(queryId, filter()))
      expectEqual((await peer.answer(queryId)).result, "TOO_OPEN", "result")
    },
  },
  {
    id: "subscribe-invalid",
    page,
    level: "MUST",
    title: "A Subscribe that cannot be served is answered with Query Closed",
    async run(context) {
      const peer = await context.open()
      const queryId = peer.newQueryId()
      await peer.send(message.subscribe(queryId, filter(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))))
      expectEqual((await peer.answer(queryId)).result, "INVALID", "result")
      await peer.expectAlive()
    },
  },
  {
    id: "unsubscribe",
    page: "messages#unsubscribe",
    level: "MUST",
    title: "Unsubscribe is answered with Query Closed, and nothing comes any more",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const subscribed = await peer.subscribe(filter(kinds(kind)))
      await peer.unsubscribe(subscribed)
      await peer.put(author.write({ kind }))
      await peer.expectNothing("after Query Closed came")
    },
  },
  {
    id: "unsubscribe-one",
    page: "messages#unsubscribe",
    level: "MUST",
    title: "Unsubscribe closes the query that it names, and no other",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const [one, two] = [await peer.subscribe(filter(kinds(kind))), await peer.subscribe(filter(kinds(kind)))]
      await peer.unsubscribe(one)
      const record = author.write({ kind })
      await peer.put(record)
      expectRecords([await peer.live(two)], [record])
      await peer.expectNothing("for the closed query came")
    },
  },
  {
    id: "unsubscribe-unknown",
    page: "messages#unsubscribe",
    level: "MUST",
    title: "Unsubscribe of an id that is not open is answered with Query Closed as well",
    async run(context) {
      const peer = await context.open()
      await peer.unsubscribe({ queryId: 0x6a6b })
      await peer.expectAlive()
    },
  },
  {
    id: "unsubscribe-type",
    page: "messages#unsubscribe",
    level: "SETTLED",
    title: "Unsubscribe has the type 0x4 of the table, not 0x3 of its section",
    async run(context) {
      const { peer, kind } = await setScene(context)
      const subscribed = await peer.subscribe(filter(kinds(kind)))
      await peer.send(message.unsubscribe(subscribed.queryId))
      const closed = await peer.next()
      expectEqual(closed?.[0], TYPE.QUERY_CLOSED, "type of the answer")
    },
  },
  {
    id: "subscribe-unlike-superseded",
    page: "kind",
    level: "MUST",
    title: "A record that is superseded when it comes does not reach subscribers",
    async run(context) {
      const { peer, author, kind } = await setScene(context, "replaceable")
      const nonce = freshNonce()
      const [old, recent] = [author.write({ kind, nonce }), author.write({ kind, nonce })]
      await peer.put(recent)
      const subscribed = await peer.subscribe(filter(kinds(kind)))
      expectRecords(subscribed.stored, [recent])
      await peer.submit(old)
      await peer.expectNothing("the older record came")
    },
  },
]
