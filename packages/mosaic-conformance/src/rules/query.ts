import { expectRecords } from "../cast/expect-records.ts"
import { idOf } from "../cast/record.ts"
import { setScene, storeSome } from "../cast/scene.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { zeros } from "../wire/bytes.ts"
import { authors, filter, kinds, since } from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

const page = "messages#query"

export const query: readonly Rule[] = [
  {
    id: "query-newest-first",
    page,
    level: "MUST",
    title: "Queries answer newest first",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const records = Array.from({ length: 7 }, () => author.write({ kind }))
      const [a = zeros(0), b = zeros(0), c = zeros(0), d = zeros(0), e = zeros(0), f = zeros(0), g = zeros(0)] = records
      // In another order than that of their times, so that the order of arrival is not theirs.
      await peer.put(d, a, g, b, f, c, e)
      expectRecords((await peer.query(filter(kinds(kind)))).records, records.toReversed(), records)
    },
  },
  {
    id: "query-many-newest-first",
    page,
    level: "MUST",
    title: "Queries answer newest first over more records than fit one page of a server",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const records = Array.from({ length: 250 }, () => author.write({ kind }))
      const shuffled = records.map((record, index) => ({ record, at: (index * 97) % 250 })).toSorted((x, y) => x.at - y.at)
      await peer.send(...shuffled.map(({ record }) => message.submission(record)))
      for (const record of records) expectEqual(await peer.submissionResult(record), "ACCEPTED", "result")
      expectRecords((await peer.query(filter(kinds(kind)))).records, records.toReversed(), records)
    },
  },
  {
    id: "query-closes",
    page,
    level: "MUST",
    title: "A Query is closed once it is served: what comes in later is not sent",
    async run(context) {
      const scene = await setScene(context)
      const { peer, author, kind } = scene
      const [record = zeros(0)] = await storeSome(scene, 1)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
      await peer.put(author.write({ kind }))
      await peer.expectNothing("after Query Closed came")
    },
  },
  {
    id: "query-nothing-success",
    page,
    level: "SETTLED",
    title: "Query Closed says SUCCESS, also when nothing matched",
    async run(context) {
      const scene = await setScene(context)
      const empty = await scene.peer.query(filter(authors(context.stranger().key)))
      expectRecords(empty.records, [])
      expectEqual(empty.result, "SUCCESS", "result when nothing matched")
      await storeSome(scene, 1)
      expectEqual((await scene.peer.query(filter(kinds(scene.kind)))).result, "SUCCESS", "result")
    },
  },
  {
    id: "query-limit",
    page,
    level: "MUST",
    title: "LIMIT n brings the n newest",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 5)
      for (const limit of [1, 2, 4]) {
        const answer = await scene.peer.query(filter(kinds(scene.kind)), limit)
        expectRecords(answer.records, records.toReversed().slice(0, limit), records)
      }
    },
  },
  {
    id: "query-limit-little-endian",
    page,
    level: "MUST",
    title: "LIMIT is little-endian",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 3)
      const answer = await scene.peer.query(filter(kinds(scene.kind)), 0x0100)
      expectRecords(answer.records, records.toReversed(), records)
    },
  },
  {
    id: "query-limit-zero",
    page,
    level: "MUST",
    title: "LIMIT 0 is unlimited",
    async run(context) {
      const scene = await setScene(context)
      const records = await storeSome(scene, 12)
      expectRecords((await scene.peer.query(filter(kinds(scene.kind)), 0)).records, records.toReversed(), records)
    },
  },
  {
    id: "query-id-echoed",
    page,
    level: "MUST",
    title: "Answers carry the query id, whatever it is",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      for (const queryId of [0, 1, 0x0100, 0xff00, 0xffff]) {
        await scene.peer.send(message.query(queryId, filter(kinds(scene.kind))))
        expectRecords((await scene.peer.answer(queryId)).records, [record])
      }
    },
  },
  {
    id: "queries-at-once",
    page: "messages#asynchronous",
    level: "MUST",
    title: "Queries that are asked at once are answered each under its own id",
    async run(context) {
      const one = await setScene(context)
      const two = { ...(await setScene(context)), peer: one.peer }
      const [first, second] = [await storeSome(one, 3), await storeSome(two, 2)]
      const { peer } = one
      await peer.send(message.query(0x1111, filter(kinds(one.kind))), message.query(0x2222, filter(kinds(two.kind))))
      expectRecords((await peer.answer(0x2222)).records, second.toReversed())
      expectRecords((await peer.answer(0x1111)).records, first.toReversed())
    },
  },
  {
    id: "query-sees-accepted",
    page: "messages#submission",
    level: "MUST",
    title: "What was accepted is found at once, on every connection",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const other = await context.open()
      for (let round = 0; round < 5; round += 1) {
        const record = author.write({ kind })
        await peer.put(record)
        expectRecords((await other.get(idOf(record))).records, [record])
        expectRecords((await other.query(filter(kinds(kind)), 1)).records, [record])
      }
    },
  },
  {
    id: "too-open",
    page: "filter",
    level: "SETTLED",
    title: "A Query without a narrow element and without LIMIT is TOO_OPEN",
    async run(context) {
      const peer = await context.open()
      for (const bytes of [filter(), filter(since(0n))]) {
        const { records, result } = await peer.query(bytes)
        expectEqual(records.length, 0, "records")
        expectEqual(result, "TOO_OPEN", "result")
      }
    },
  },
  {
    id: "open-with-limit",
    page: "filter",
    level: "SETTLED",
    title: "A Query without a narrow element is served with a LIMIT of 1 to 1,000, and TOO_OPEN with 1,001",
    async run(context) {
      const scene = await setScene(context)
      await storeSome(scene, 2)
      const { records, result } = await scene.peer.query(filter(), 2)
      expectEqual(`${records.length} ${result}`, "2 SUCCESS", "with LIMIT 2")
      expectEqual((await scene.peer.query(filter(since(1n << 62n)), 1_000)).result, "SUCCESS", "with LIMIT 1000")
      expectEqual((await scene.peer.query(filter(), 1_001)).result, "TOO_OPEN", "with LIMIT 1001")
    },
  },
  {
    id: "query-malformed",
    page,
    level: "SETTLED",
    title: "A Query without a whole filter is closed with INVALID, and the connection goes on",
    async run(context) {
      const peer = await context.open()
      await peer.send(message.query(0x7777, zeros(0)), message.query(0x7778, filter().subarray(0, 7)))
      for (const queryId of [0x7777, 0x7778]) expectEqual((await peer.answer(queryId)).result, "INVALID", "result")
      await peer.expectAlive()
    },
  },
  {
    id: "query-not-locally-complete",
    page: "messages#locally-complete",
    level: "MUST",
    title: "Locally Complete answers Subscribe only",
    async run(context) {
      const scene = await setScene(context)
      await storeSome(scene, 1)
      const queryId = scene.peer.newQueryId()
      await scene.peer.send(message.query(queryId, filter(kinds(scene.kind))), message.get(queryId + 1, [zeros(48)]))
      for (let closed = 0; closed < 2;) {
        const bytes = await scene.peer.next()
        if (bytes === undefined || bytes[0] === TYPE.LOCALLY_COMPLETE) fail("it came for a Query or a Get")
        if (bytes[0] === TYPE.QUERY_CLOSED) closed += 1
      }
    },
  },
]
