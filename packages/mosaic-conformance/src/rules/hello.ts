import { concatBytes } from "@tessera/mosaic"
import type { Rule } from "../rule.ts"
import { expectEqual, expectTrue, fail } from "../verdict.ts"
import { readLittleEndian, u16, zeros } from "../wire/bytes.ts"
import { filter } from "../wire/filter.ts"
import * as message from "../wire/message.ts"
import { type Peer, describe } from "../wire/peer.ts"
import { TYPE } from "../wire/type.ts"

const page = "messages#hello"
const acknowledged = "messages#hello-ack"
const transport = "tcp"

/** Of the applications page, chosen at random: nobody has it. */
const UNKNOWN = 0xd1ce_c0de

async function greet(
  peer: Peer,
  bytes: Uint8Array,
): Promise<{ readonly result: number; readonly version: number; readonly applications: readonly number[] }> {
  await peer.send(bytes)
  const ack = await peer.next()
  if (ack === undefined) fail("the connection ended instead of Hello Ack")
  if (ack[0] !== TYPE.HELLO_ACK) fail(`${describe(ack)} instead of Hello Ack`)
  const applications = Array.from({ length: (ack.length - 8) / 4 }, (_, index) => readLittleEndian(ack, 8 + index * 4, 12 + index * 4))
  return { result: ack[4] ?? 0, version: readLittleEndian(ack, 6, 8), applications }
}

export const helloRules: readonly Rule[] = [
  {
    id: "server-waits",
    page: "messages#asynchronous",
    level: "SHOULD",
    title: "The server says nothing before the client has said something",
    transport,
    async run(context) {
      const peer = await context.dial()
      await peer.expectSilence("without being asked, the server sent")
    },
  },
  {
    id: "hello-ack",
    page,
    level: "MUST",
    title: "Hello is answered with Hello Ack SUCCESS",
    transport,
    async run(context) {
      const { result } = await greet(await context.dial(), message.hello())
      expectEqual(result, 1, "result")
    },
  },
  {
    id: "hello-version-same",
    page: acknowledged,
    level: "MUST",
    title: "A client of version 0 gets version 0",
    transport,
    async run(context) {
      expectEqual((await greet(await context.dial(), message.hello([0], 0))).version, 0, "version")
    },
  },
  {
    id: "hello-version-newer",
    page: acknowledged,
    level: "MUST",
    title: "A client of a version that is not yet gets one that both speak",
    transport,
    async run(context) {
      const { version } = await greet(await context.dial(), message.hello([0], 0xffff))
      expectTrue(version < 0xffff, "the server says that it speaks version 65535")
      // It speaks what it names: a client of exactly that version gets it.
      expectEqual((await greet(await context.dial(), message.hello([0], version))).version, version, "version when that one is offered")
    },
  },
  {
    id: "hello-applications-subset",
    page: acknowledged,
    level: "MUST",
    title: "Only applications that were asked for are granted",
    transport,
    async run(context) {
      for (const asked of [[], [0], [0, 1, UNKNOWN], [UNKNOWN]]) {
        const { applications } = await greet(await context.dial(), message.hello(asked))
        const more = applications.filter((application) => !asked.includes(application))
        expectTrue(more.length === 0, `it grants ${more.join(", ")} without being asked`)
      }
    },
  },
  {
    id: "hello-core-granted",
    page: acknowledged,
    level: "SHOULD",
    title: "Mosaic Core and Mosaic Social Media are granted, 32 bits little-endian each",
    transport,
    async run(context) {
      const { applications } = await greet(await context.dial(), message.hello([1, 0]))
      expectTrue(applications.includes(0) && applications.includes(1), `it grants ${applications.join(", ") || "nothing"}`)
    },
  },
  {
    id: "hello-many-applications",
    page,
    level: "MUST",
    title: "A Hello may name a hundred applications",
    transport,
    async run(context) {
      const asked = Array.from({ length: 100 }, (_, index) => index)
      const { applications } = await greet(await context.dial(), message.hello(asked))
      expectTrue(
        applications.every((application) => asked.includes(application)),
        "it grants what was not asked for",
      )
    },
  },
  {
    id: "hello-again",
    page: acknowledged,
    level: "SHOULD",
    title: "A second Hello is answered with Hello Ack DUPLICATE, and changes nothing",
    transport,
    async run(context) {
      const peer = await context.dial()
      await greet(peer, message.hello())
      expectEqual((await greet(peer, message.hello())).result, 3, "result")
      await peer.expectAlive()
    },
  },
  {
    id: "hello-first",
    page,
    level: "SETTLED",
    title: "Whatever comes before Hello ends the connection with Closing",
    transport,
    async run(context) {
      for (const bytes of [
        message.get(1, [zeros(48)]),
        message.query(1, filter(), 1),
        message.unsubscribe(1),
        message.submission(zeros(216)),
      ]) {
        const peer = await context.dial()
        await peer.send(bytes)
        expectTrue((await peer.end()) !== undefined, "the connection ended without Closing")
      }
    },
  },
  {
    id: "hello-malformed",
    page,
    level: "SETTLED",
    title: "A Hello with half an application id ends the connection with Closing INVALID",
    transport,
    async run(context) {
      const peer = await context.dial()
      await peer.send(message.framed(TYPE.HELLO, concatBytes(zeros(2), u16(0)), zeros(6)))
      expectEqual(await peer.end(), "INVALID", "Closing")
    },
  },
  {
    id: "hello-unrecognized-before",
    page: "messages#unrecognized",
    level: "SETTLED",
    title: "A message of unknown type before Hello gets Unrecognized, and Hello may follow",
    transport,
    async run(context) {
      const peer = await context.dial()
      await peer.send(message.framed(0x4d))
      await peer.takeType(TYPE.UNRECOGNIZED)
      expectEqual((await greet(peer, message.hello())).result, 1, "result")
    },
  },
]
