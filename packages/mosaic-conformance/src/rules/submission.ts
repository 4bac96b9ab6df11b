import { zstdCompressSync } from "node:zlib"
import { concatBytes, equalBytes } from "@tessera/mosaic"
import { expectRecords } from "../cast/expect-records.ts"
import { idOf } from "../cast/record.ts"
import { setScene } from "../cast/scene.ts"
import { tag } from "../cast/tag.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { u32, zeros } from "../wire/bytes.ts"
import { filter, kinds } from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import { TYPE } from "../wire/type.ts"

const page = "messages#submission"

/** Header and signature: the longest payload leaves no room for more. (Specification: record, "LenP") */
const MAX_RECORD = 1_048_576
const MAX_PAYLOAD = MAX_RECORD - 216

export const submission: readonly Rule[] = [
  {
    id: "submission-accepted",
    page,
    level: "MUST",
    title: "A Submission is answered with a Submission Result that begins with the record's id",
    async run(context) {
      const { peer, author } = await setScene(context)
      const record = author.write()
      await peer.send(message.submission(record))
      const result = await peer.takeType(TYPE.SUBMISSION_RESULT)
      if (!equalBytes(result.subarray(8), record.subarray(0, 32))) fail("the id prefix is another")
      expectEqual(result[4], 2, "result code")
    },
  },
  {
    id: "submission-duplicate",
    page: "messages#result-codes",
    level: "MUST",
    title: "A record that is there already gets DUPLICATE",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind })
      await peer.put(record)
      expectEqual(await peer.submit(record), "DUPLICATE", "result")
      expectEqual(await (await context.open()).submit(record), "DUPLICATE", "result on another connection")
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "submission-pipelined",
    page: "messages#asynchronous",
    level: "MUST",
    title: "Submissions that are sent without waiting are answered each, good and bad",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const records = Array.from({ length: 60 }, (_, index) => {
        const record = author.write({ kind })
        if (index % 5 === 4) record[record.length - 1] = (record.at(-1) ?? 0) ^ 0x80
        return record
      })
      await peer.send(...records.map((record) => message.submission(record)))
      for (const [index, record] of records.entries())
        expectEqual(await peer.submissionResult(record), index % 5 === 4 ? "INVALID" : "ACCEPTED", `result ${index + 1}`)
      expectEqual((await peer.query(filter(kinds(kind)))).records.length, 48, "records")
    },
  },
  {
    id: "submission-short",
    page: "messages#submission-result",
    level: "SETTLED",
    title: "A submission shorter than 32 bytes is INVALID, with the bytes there are, padded with zeros",
    async run(context) {
      const peer = await context.open()
      for (const length of [0, 1, 31]) expectEqual(await peer.submit(new Uint8Array(length).fill(0xab)), "INVALID", `${length} bytes`)
      await peer.expectAlive()
    },
  },
  {
    id: "submission-too-large",
    page: "record#maximum-size",
    level: "MUST",
    title: "A record of 1,048,584 bytes is refused, with TOO_LARGE",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const own = author.parts({ kind }).tags?.length ?? 0
      const record = author.write({ kind, payload: zeros(MAX_PAYLOAD - Math.ceil(own / 8) * 8 + 8) })
      const result = await peer.submit(record)
      if (result !== "TOO_LARGE") fail(`it gets ${result}`)
      expectRecords((await peer.get(idOf(record))).records, [])
    },
  },
  {
    id: "submission-largest",
    page: "record#maximum-size",
    level: "MUST",
    title: "A record of 1,048,576 bytes is taken, and served whole",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const own = author.parts({ kind }).tags?.length ?? 0
      const record = author.write({ kind, payload: new Uint8Array(MAX_PAYLOAD - Math.ceil(own / 8) * 8).fill(0x5a) })
      expectEqual(record.length, MAX_RECORD, "length")
      await peer.put(record)
      expectRecords((await peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "submission-least",
    page: "record#layout",
    level: "MUST",
    title: "A record without payload is taken",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind, payload: zeros(0) })
      await peer.put(record)
      expectRecords((await peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "submission-padding",
    page: "record#tags",
    level: "SETTLED",
    title: "Padding that is not zero is taken: it is signed like everything else",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind, padding: 0x77, payload: zeros(3), tags: [tag(0x7004, zeros(1))] })
      await peer.put(record)
      expectRecords((await peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "submission-flag-bytes-ignored",
    page: "record#flag-bytes-1-7",
    level: "MUST",
    title: "Flag bytes 3 to 7 are ignored",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind, flags: Uint8Array.of(0, 0, 0, 0xff, 1, 2, 3, 0xff) })
      await peer.put(record)
      expectRecords((await peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "submission-zstd",
    page: "record#flag-byte-0",
    level: "MUST",
    title: "A record whose payload is compressed with ZSTD is taken, and served as it is",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const payload = new Uint8Array(zstdCompressSync(Buffer.alloc(10_000, "mosaic ")))
      const record = author.write({ kind, payload, flags: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) })
      await peer.put(record)
      expectRecords((await peer.get(idOf(record))).records, [record])
    },
  },
  {
    id: "submission-tags-unknown",
    page: "tags",
    level: "MUST",
    title: "Tags of types that nobody has defined are carried",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind, tags: [tag(0xfffe, zeros(0)), tag(0x7005, zeros(5_000))] })
      await peer.put(record)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "submission-core-tag-size",
    page: "core_tags",
    level: "SETTLED",
    title: "A core tag of a wrong size is carried, and means nothing",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const record = author.write({ kind, tags: [tag(0x1, zeros(3)), tag(0x2, zeros(1)), tag(0x10, zeros(64))] })
      await peer.put(record)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [record])
    },
  },
  {
    id: "submission-reserved-ignored",
    page,
    level: "SETTLED",
    title: "What a client leaves in bytes that should be zero is not looked at",
    async run(context) {
      const { peer, author } = await setScene(context)
      const record = author.write()
      await peer.send(message.framed(TYPE.SUBMISSION, Uint8Array.of(1, 2, 3, 4), record))
      expectEqual(await peer.submissionResult(record), "ACCEPTED", "result")
    },
  },
  {
    id: "submission-tags-largest",
    page: "record#lent",
    level: "MUST",
    title: "A tags section of 65,535 bytes is taken, in one tag or many",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const used = author.parts().tags?.length ?? 0
      const most = 65_535 - used
      const one = author.write({ kind, tags: [tag(0x7006, zeros(most - 4))] })
      const many = author.write({ kind, tags: Array.from({ length: Math.floor(most / 8) }, (_, at) => tag(0x7007, u32(at))) })
      await peer.put(one, many)
      expectRecords((await peer.query(filter(kinds(kind)))).records, [many, one], [one, many])
    },
  },
  {
    id: "submission-times",
    page: "timestamps",
    level: "SETTLED",
    title: "Any time from the epoch to 2^63 - 1 nanoseconds is taken: clocks of others may be wrong",
    async run(context) {
      const { peer, author, kind } = await setScene(context)
      const records = [0n, 1n, 2n ** 62n, 2n ** 63n - 1n].map((timestamp) => author.write({ kind, timestamp }))
      await peer.put(...records)
      expectRecords((await peer.query(filter(kinds(kind)))).records, records.toReversed(), records)
    },
  },
  {
    id: "submission-trailing",
    page: "record#validation",
    level: "MUST",
    title: "Bytes behind a record make it INVALID",
    async run(context) {
      const { peer, author } = await setScene(context)
      for (const more of [1, 8]) expectEqual(await peer.submit(concatBytes(author.write(), zeros(more))), "INVALID", `${more} more bytes`)
    },
  },
]
