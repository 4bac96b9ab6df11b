import { concatBytes } from "@tessera/mosaic"
import { expectRecords } from "../cast/expect-records.ts"
import { freshNonce } from "../cast/person.ts"
import { addressOf, idOf } from "../cast/record.ts"
import { setScene, storeSome } from "../cast/scene.ts"
import type { Rule } from "../rule.ts"
import { expectEqual } from "../verdict.ts"
import { u16, zeros } from "../wire/bytes.ts"
import { framed } from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

const page = "messages#get"

export const get: readonly Rule[] = [
  {
    id: "get-by-id",
    page,
    level: "MUST",
    title: "Get by id brings the record as it was submitted, then Query Closed",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      expectRecords((await scene.peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "get-by-address",
    page,
    level: "MUST",
    title: "Get by address brings the record",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      expectRecords((await scene.peer.get(addressOf(record))).records, [record])
    },
  },
  {
    id: "get-mixed",
    page,
    level: "MUST",
    title: "One Get may mix ids and addresses",
    async run(context) {
      const scene = await setScene(context)
      const [one = zeros(0), two = zeros(0)] = await storeSome(scene, 2)
      const { records } = await scene.peer.get(addressOf(one), idOf(two))
      expectRecords(
        records.toSorted((a, b) => Buffer.compare(a, b)),
        [one, two].toSorted((a, b) => Buffer.compare(a, b)),
      )
    },
  },
  {
    id: "get-in-order",
    page,
    level: "SETTLED",
    title: "Get answers in the order asked",
    async run(context) {
      const scene = await setScene(context)
      const all = await storeSome(scene, 5)
      const [a = zeros(0), b = zeros(0), c = zeros(0), d = zeros(0), e = zeros(0)] = all
      const { records } = await scene.peer.get(idOf(c), addressOf(a), idOf(e), idOf(b), addressOf(d))
      expectRecords(records, [c, a, e, b, d], all)
    },
  },
  {
    id: "get-repeated-once",
    page,
    level: "SETTLED",
    title: "A reference that is repeated in a Get is answered once",
    async run(context) {
      const scene = await setScene(context)
      const [a = zeros(0), b = zeros(0)] = await storeSome(scene, 2)
      expectRecords((await scene.peer.get(idOf(a), idOf(b), idOf(a), idOf(a))).records, [a, b])
    },
  },
  {
    id: "get-many",
    page,
    level: "MUST",
    title: "Get of two hundred references brings what is there",
    async run(context) {
      const scene = await setScene(context)
      const all = await storeSome(scene, 20)
      const unknown = Array.from({ length: 180 }, () => concatBytes(zeros(8), freshNonce(), zeros(32)))
      const references = all.flatMap((record, index) => [...unknown.slice(index * 9, index * 9 + 9), idOf(record)])
      const { records } = await scene.peer.get(...references)
      expectEqual(records.length, 20, "records")
    },
  },
  {
    id: "get-found-success",
    page,
    level: "SETTLED",
    title: "Query Closed of a Get says SUCCESS when something was found",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      const { result } = await scene.peer.get(new Uint8Array(48).fill(0x33), idOf(record))
      expectEqual(result, "SUCCESS", "result")
    },
  },
  {
    id: "get-not-found",
    page,
    level: "SETTLED",
    title: "Query Closed of a Get says NOT_FOUND when nothing was found",
    async run(context) {
      const peer = await context.open()
      const address = addressOf(context.stranger().write())
      for (const reference of [new Uint8Array(48).fill(0x44), address]) {
        const { records, result } = await peer.get(reference)
        expectEqual(records.length, 0, "records")
        expectEqual(result, "NOT_FOUND", "result")
      }
    },
  },
  {
    id: "get-nothing",
    page,
    level: "SETTLED",
    title: "A Get of nothing is closed with NOT_FOUND",
    async run(context) {
      const { result } = await (await context.open()).get()
      expectEqual(result, "NOT_FOUND", "result")
    },
  },
  {
    id: "get-exact-id",
    page,
    level: "MUST",
    title: "An id that differs in its last byte names another record",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      const other = idOf(record).slice()
      other[47] = (other[47] ?? 0) ^ 1
      expectRecords((await scene.peer.get(other)).records, [])
    },
  },
  {
    id: "get-half-reference",
    page,
    level: "SETTLED",
    title: "A Get whose references are not of 48 bytes each is INVALID",
    async run(context) {
      const peer = await context.open()
      const queryId = peer.newQueryId()
      await peer.send(framed(TYPE.GET, concatBytes(u16(queryId), zeros(2)), zeros(47)))
      const { records, result } = await peer.answer(queryId)
      expectEqual(records.length, 0, "records")
      expectEqual(result, "INVALID", "result")
      await peer.expectAlive()
    },
  },
  {
    id: "get-versions",
    page: "reference#address-reference",
    level: "SETTLED",
    title: "Get by address brings all versions of a versioned record, newest first",
    async run(context) {
      const { peer, author, kind } = await setScene(context, "versioned")
      const nonce = freshNonce()
      const [one, two, three] = [author.write({ kind, nonce }), author.write({ kind, nonce }), author.write({ kind, nonce })]
      await peer.put(two, one, three)
      expectRecords((await peer.get(addressOf(one))).records, [three, two, one], [one, two, three])
    },
  },
]
