import { concatBytes } from "@tessera/mosaic"
import { expectRecords } from "../cast/expect-records.ts"
import { idOf } from "../cast/record.ts"
import { setScene, storeSome } from "../cast/scene.ts"
import type { Rule } from "../rule.ts"
import { expectEqual, fail } from "../verdict.ts"
import { u24, zeros } from "../wire/bytes.ts"
import { filter, kinds } from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import { describe } from "../wire/peer.ts"
import { TYPE, typeName } from "../wire/type.ts"

const page = "messages"

/** What a server sends and a client must not: its type, and bytes of a well-formed one. */
const OF_SERVERS: readonly (readonly [number, Uint8Array])[] = [
  [TYPE.RECORD, message.framed(TYPE.RECORD, zeros(4), zeros(216))],
  [TYPE.LOCALLY_COMPLETE, message.framed(TYPE.LOCALLY_COMPLETE)],
  [TYPE.QUERY_CLOSED, message.framed(TYPE.QUERY_CLOSED, Uint8Array.of(1, 0, 1, 0))],
  [TYPE.SUBMISSION_RESULT, message.framed(TYPE.SUBMISSION_RESULT, Uint8Array.of(2, 0, 0, 0), zeros(32))],
  [TYPE.HELLO_ACK, message.framed(TYPE.HELLO_ACK, Uint8Array.of(1, 0, 0, 0))],
  [TYPE.BLOB_SUBMISSION_RESULT, concatBytes(Uint8Array.of(TYPE.BLOB_SUBMISSION_RESULT, 1), zeros(38))],
  [TYPE.BLOB_RESULT, concatBytes(Uint8Array.of(TYPE.BLOB_RESULT, 16), zeros(38))],
  [TYPE.CLOSING, Uint8Array.of(TYPE.CLOSING, 1, 0, 0, 0, 0, 0, 0)],
]

export const framing: readonly Rule[] = [
  {
    id: "framing-byte-by-byte",
    page,
    level: "MUST",
    title: "Messages that arrive byte by byte are understood",
    transport: "tcp",
    async run(context) {
      const peer = await context.dial()
      const [author, one] = [await context.poster(), message.unsubscribe(0x0102)]
      const record = author.write()
      const stream = concatBytes(message.hello(), one, message.submission(record), message.get(0x0304, [idOf(record)]))
      for (const byte of stream) await peer.send(Uint8Array.of(byte))
      await peer.takeType(TYPE.HELLO_ACK)
      expectEqual(await peer.submissionResult(record), "ACCEPTED", "result")
      expectRecords((await peer.answer(0x0304)).records, [record])
    },
  },
  {
    id: "framing-many-at-once",
    page,
    level: "MUST",
    title: "Messages that arrive in one piece are all understood",
    transport: "tcp",
    async run(context) {
      const peer = await context.dial()
      const ids = Array.from({ length: 40 }, (_, index) => 0x0500 + index)
      await peer.send(concatBytes(message.hello(), ...ids.map((queryId) => message.unsubscribe(queryId))))
      await peer.takeType(TYPE.HELLO_ACK)
      for (const queryId of ids) await peer.answer(queryId)
    },
  },
  {
    id: "framing-length-little-endian",
    page,
    level: "MUST",
    title: "The length of a message is little-endian and counts all of it",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      // 4,136 bytes: 0x1028.
      const references = Array.from({ length: 86 }, () => idOf(record))
      const { records } = await scene.peer.get(...references)
      if (records.length === 0) fail("nothing came")
      await scene.peer.expectAlive()
    },
  },
  {
    id: "unknown-types",
    page: "messages#unrecognized",
    level: "SETTLED",
    title: "A message of unknown type gets Unrecognized, and the connection survives",
    async run(context) {
      const peer = await context.open()
      for (const type of [0x00, 0x0a, 0x13, 0x42, 0x7f, 0xc3, 0xff]) {
        await peer.send(message.framed(type, zeros(4), zeros(24)))
        await peer.takeType(TYPE.UNRECOGNIZED)
      }
      await peer.expectAlive()
    },
  },
  ...OF_SERVERS.map(([type, bytes]): Rule => ({
    id: `of-servers-${typeName(type).toLowerCase().replaceAll("_", "-")}`,
    page: "messages#unrecognized",
    level: "SETTLED",
    title: `${typeName(type)}, which only servers send, gets Unrecognized, and the connection survives`,
    transport: "tcp",
    async run(context) {
      const peer = await context.open()
      await peer.send(bytes)
      await peer.takeType(TYPE.UNRECOGNIZED)
      await peer.expectAlive()
    },
  })),
  {
    id: "of-servers-websocket",
    page: "websockets#binary",
    level: "SHOULD",
    title: "A server's message from a client ends the connection, or at least gets Unrecognized",
    transport: "websocket",
    async run(context) {
      for (const [, bytes] of OF_SERVERS) {
        const peer = await context.open()
        await peer.send(bytes)
        for (let answer = await peer.next(); answer !== undefined && answer[0] !== TYPE.CLOSING; answer = await peer.next()) {
          if (answer[0] === TYPE.UNRECOGNIZED) break
          fail(`it gets ${describe(answer)}`)
        }
      }
    },
  },
  {
    id: "unrecognized-ignored",
    page: "messages#unrecognized",
    level: "SHOULD",
    title: "Unrecognized is not answered: two sides would go on for ever",
    async run(context) {
      const peer = await context.open()
      await peer.send(message.unrecognized(), message.unrecognized())
      await peer.expectNothing("it gets")
    },
  },
  {
    id: "length-impossible",
    page,
    level: "SETTLED",
    title: "A length that is less than the header ends that connection, and the server lives on",
    async run(context) {
      for (const length of [0, 1, 3]) {
        const peer = await context.open()
        await peer.send(concatBytes(Uint8Array.of(TYPE.GET), u24(length), zeros(4)))
        await peer.end()
      }
      await (await context.open()).expectAlive()
    },
  },
  {
    id: "length-short",
    page,
    level: "SETTLED",
    title: "A message of 4 to 7 bytes is answered or ends the connection, and the server lives on",
    async run(context) {
      for (const length of [4, 5, 7]) {
        const peer = await context.open()
        await peer.send(concatBytes(Uint8Array.of(TYPE.QUERY), u24(length), zeros(length - 4)))
        const answer = await peer.next()
        if (answer !== undefined && ![TYPE.UNRECOGNIZED, TYPE.QUERY_CLOSED, TYPE.CLOSING].some((type) => type === answer[0]))
          fail(`it gets ${describe(answer)}`)
      }
      await (await context.open()).expectAlive()
    },
  },
  {
    id: "length-giant",
    page,
    level: "SETTLED",
    title: "A message longer than any that is needed is refused before all of it is sent",
    async run(context) {
      const peer = await context.open()
      await peer.send(concatBytes(Uint8Array.of(TYPE.SUBMISSION), u24(0xff_ffff), zeros(1_000)))
      const result = await peer.end()
      if (result !== undefined) expectEqual(result, "TOO_LARGE", "Closing")
      await (await context.open()).expectAlive()
    },
  },
  {
    id: "half-a-message",
    page,
    level: "MUST",
    title: "A client that leaves in the middle of a message disturbs nobody",
    async run(context) {
      const scene = await setScene(context)
      const [record = zeros(0)] = await storeSome(scene, 1)
      const leaving = await context.open()
      await leaving.send(message.submission(scene.author.write({ kind: scene.kind })).subarray(0, 100))
      leaving.wire.close()
      expectRecords((await scene.peer.query(filter(kinds(scene.kind)))).records, [record])
    },
  },
]
