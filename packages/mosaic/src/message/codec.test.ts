import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { spacedHex } from "../../test/spaced-hex.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { fromHex, toHex } from "../bytes.ts"
import { DecodeError } from "../errors.ts"
import { parseReference } from "../reference.ts"
import { isClientMessage, isServerMessage } from "./direction.ts"
import { encodeMessage, encodeRecordMessage } from "./encode.ts"
import { MAX_MESSAGE_LENGTH } from "./fields.ts"
import type { Message } from "./message.ts"
import { parseMessage } from "./parse.ts"
import { RESULT, isResultCode, resultName } from "./result.ts"

test("a message reads back as it was written", () => {
  fc.assert(
    fc.property(arbitrary.message, (message) => {
      expect(parseMessage(encodeMessage(message))).toEqual(message)
    }),
  )
})

const id = "00".repeat(47) + "01"
const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const LAYOUTS: readonly (readonly [Message, string])[] = [
  [{ type: "hello", version: 0x0102, applications: [1, 0x70068b0c] }, "10 100000 0000 0201 01000000 0c8b0670"],
  [{ type: "get", queryId: 0x0102, references: [parseReference(fromHex(id))] }, `01 380000 0201 0000 ${id}`],
  [{ type: "query", queryId: 0x0102, limit: 0x0304, filter: {} }, "02 100000 0201 0403 0800000000000000"],
  [{ type: "subscribe", queryId: 0x0102, limit: 0, filter: {} }, "03 100000 0201 0000 0800000000000000"],
  [{ type: "unsubscribe", queryId: 0x0102 }, "04 080000 0201 0000"],
  [{ type: "submission", record: Uint8Array.of(9, 8, 7) }, "05 0b0000 00000000 090807"],
  [{ type: "helloAck", result: 3, version: 0x0102, applications: [1] }, "90 0c0000 03 00 0201 01000000"],
  [{ type: "record", queryId: 0x0102, record: Uint8Array.of(9) }, "80 090000 0201 0000 09"],
  [{ type: "locallyComplete", queryId: 0x0102 }, "81 080000 0201 0000"],
  [{ type: "queryClosed", queryId: 0x0102, result: 37 }, "82 080000 0201 25 00"],
  [{ type: "submissionResult", result: 2, idPrefix: new Uint8Array(32).fill(7) }, `83 280000 02 000000 ${"07".repeat(32)}`],
  [{ type: "closing", result: 64 }, "fe 40 000000000000"],
  [{ type: "helloAuth", signature: fill(64, 7) }, `11 480000 00000000 ${"07".repeat(64)}`],
  [{ type: "identify", key: fill(32, 1), nonce: fill(32, 2) }, `12 480000 00000000 ${"01".repeat(32)} ${"02".repeat(32)}`],
  [{ type: "identify", key: undefined, nonce: fill(32, 2) }, `12 480000 00000000 ${"00".repeat(32)} ${"02".repeat(32)}`],
  [
    { type: "identity", key: fill(32, 1), nonce: fill(32, 2), proof: fill(64, 3) },
    `92 880000 00000000 ${"01".repeat(32)} ${"02".repeat(32)} ${"03".repeat(64)}`,
  ],
  [{ type: "blobGet", hash: fill(32, 1) }, `08 00000000000000 ${"01".repeat(32)}`],
  [{ type: "blobSubmission", length: 0x060504030201, hash: fill(32, 1) }, `07 00 010203040506 ${"01".repeat(32)}`],
  [{ type: "blobResult", result: 1, length: 0x060504030201, hash: fill(32, 1) }, `86 01 010203040506 ${"01".repeat(32)}`],
  [{ type: "blobSubmissionResult", result: 3, hash: fill(32, 1) }, `85 03 000000000000 ${"01".repeat(32)}`],
  [{ type: "dhtLookup", selector: "user", key: fill(32, 1) }, `06 280000 00 000000 ${"01".repeat(32)}`],
  [{ type: "dhtLookup", selector: "server", key: fill(32, 1) }, `06 280000 01 000000 ${"01".repeat(32)}`],
  [
    { type: "dhtPut", selector: "server", key: fill(32, 1), sequence: 0x0102n, signature: fill(64, 3), text: Uint8Array.of(0x53) },
    `09 710000 01 000000 ${"01".repeat(32)} 0201000000000000 ${"03".repeat(64)} 53`,
  ],
  [
    { type: "dhtResponse", result: 1, selector: "user", key: fill(32, 1), sequence: 5n, signature: fill(64, 3), text: Uint8Array.of(0x55) },
    `84 710000 01 00 0000 ${"01".repeat(32)} 0500000000000000 ${"03".repeat(64)} 55`,
  ],
  [{ type: "dhtPutResult", result: 1, key: fill(32, 1) }, `87 280000 01 000000 ${"01".repeat(32)}`],
  [{ type: "syncInit", queryId: 0x0102, filter: {}, data: Uint8Array.of(0x61) }, "20 110000 0201 0000 0800000000000000 61"],
  [{ type: "syncClientData", queryId: 0x0102, data: Uint8Array.of(0x61) }, "21 090000 0201 0000 61"],
  [{ type: "syncClose", queryId: 0x0102 }, "22 080000 0201 0000"],
  [{ type: "syncServerData", queryId: 0x0102, data: Uint8Array.of(0x61) }, "a1 090000 0201 0000 61"],
  [{ type: "syncError", queryId: 0x0102, result: 37 }, "a3 080000 0201 25 00"],
  [{ type: "unrecognized" }, "f0 080000 00000000"],
]

test.each(LAYOUTS.map(([message, hex]) => [message.type, message, hex] as const))(
  "%s is laid out as the specification says",
  (_, message, hex) => {
    expect(encodeMessage(message)).toEqual(spacedHex(hex))
    expect(parseMessage(spacedHex(hex))).toEqual(message)
  },
)

test("every message has its direction: the top bit of its type, but for Unrecognized, which either side sends", () => {
  for (const [message] of LAYOUTS) {
    const isServers = ((encodeMessage(message)[0] ?? 0) & 0x80) !== 0
    expect([message.type, isClientMessage(message)]).toEqual([message.type, !isServers || message.type === "unrecognized"])
    expect([message.type, isServerMessage(message)]).toEqual([message.type, isServers])
  }
})

test("what is zeroed by the specification is not looked at", () => {
  expect(parseMessage(fromHex("0408000002010101"))).toEqual({ type: "unsubscribe", queryId: 0x0102 })
  expect(parseMessage(fromHex("fe40ffffffffffff"))).toEqual({ type: "closing", result: 64 })
})

test.each([
  ["nothing", "", "message length: below 8"],
  ["a header alone", "04070000020100", "message length: below 8"],
  ["a length that says more", "0409000002010000", "message length: not as its header says"],
  ["a length that says less", "040800000201000000", "message length: not as its header says"],
  ["unsubscribe with something behind", "040900000201000000", "message length: 9 bytes, 8 expected"],
  ["locally complete with something behind", "810900000201000000", "message length: 9 bytes, 8 expected"],
  ["query closed with something behind", "820900000201000000", "message length: 9 bytes, 8 expected"],
  ["unrecognized with something behind", "f00900000000000000", "message length: 9 bytes, 8 expected"],
  ["closing with something behind", "fe4000000000000000", "message length: 9 bytes, 8 expected"],
  ["a submission result without a whole prefix", `8327000002000000${"00".repeat(31)}`, "message length: 39 bytes, 40 expected"],
  ["half an application id", "100a0000000000000100", "application ids: 4 bytes each"],
  ["half a reference", `0120000002010000${"00".repeat(24)}`, "references: 48 bytes each"],
  ["a query without a filter", "0208000002010000", "filter length: shorter than its header"],
  ["a filter shorter than it says", "02100000020100001000000000000000", "filter length: not as its header says"],
  ["a type that nobody knows", "4208000000000000", "message type: 0x42"],
  ["half a blob header", "08" + "00".repeat(38), "message length: 39 bytes, 40 expected"],
  ["a blob with its content", "07" + "00".repeat(40), "message length: 41 bytes, 40 expected"],
  ["a signature of 63 bytes", `1147000000000000${"00".repeat(63)}`, "message length: 71 bytes, 72 expected"],
  ["an Identify without nonce", `1228000000000000${"00".repeat(32)}`, "message length: 40 bytes, 72 expected"],
  ["an Identity without proof", `9248000000000000${"00".repeat(64)}`, "message length: 72 bytes, 136 expected"],
  ["a lookup of a third kind", `0628000002000000${"00".repeat(32)}`, "selector"],
  ["a lookup of two keys", `0648000000000000${"00".repeat(64)}`, "message length: 72 bytes, 40 expected"],
  ["a put that is cut short", `096f000000000000${"00".repeat(103)}`, "message length: below 112"],
  ["a bootstrap of 984 bytes", `0948040000000000${"00".repeat(104 + 984)}`, "bootstrap length"],
  ["a sequence number of 64 bits", `0970000000000000${"00".repeat(39)}80${"00".repeat(64)}`, "sequence number"],
  ["a sync without a filter", "2008000001000000", "filter length: shorter than its header"],
  ["a sync whose filter is longer than it", "20100000010000001000000000000000", "filter length: past the end of the message"],
  ["a sync error with something behind", "a30900000100000000", "message length: 9 bytes, 8 expected"],
])("refuses %s", (_, hex, reason) => {
  expect(() => parseMessage(fromHex(hex))).toThrow(expect.objectContaining({ name: "DecodeError", reason }))
})

test("an error in a filter counts its offset from the start of the message", () => {
  expect(() => parseMessage(spacedHex("0218000002010000 1000000000000000 0600000000000000"))).toThrow(
    expect.objectContaining({ offset: 16 }),
  )
})

const PUT = { type: "dhtPut", selector: "user", key: fill(32, 1), sequence: 1n, signature: fill(64, 1), text: fill(1, 1) } as const

test.each<readonly [string, Message]>([
  ["a query id of 17 bits", { type: "unsubscribe", queryId: 0x1_0000 }],
  ["a negative query id", { type: "unsubscribe", queryId: -1 }],
  ["a fraction", { type: "unsubscribe", queryId: 1.5 }],
  ["a limit of 17 bits", { type: "query", queryId: 1, limit: 0x1_0000, filter: {} }],
  ["a result of 9 bits", { type: "queryClosed", queryId: 1, result: 256 }],
  ["a negative version", { type: "hello", version: -1, applications: [] }],
  ["an application of 33 bits", { type: "hello", version: 0, applications: [2 ** 32] }],
  ["a prefix of 31 bytes", { type: "submissionResult", result: 1, idPrefix: new Uint8Array(31) }],
  ["a hash of 31 bytes", { type: "blobGet", hash: new Uint8Array(31) }],
  ["a blob of 2^48 bytes", { type: "blobSubmission", length: 2 ** 48, hash: new Uint8Array(32) }],
  ["a negative sequence number", { ...PUT, sequence: -1n }],
  ["a bootstrap of 984 bytes", { ...PUT, text: new Uint8Array(984) }],
  ["a message of 16 MiB", { type: "submission", record: new Uint8Array(MAX_MESSAGE_LENGTH - 7) }],
])("%s cannot be written: the caller's fault", (_, message) => {
  expect(() => encodeMessage(message)).toThrow(RangeError)
})

test("the longest message can be written", () => {
  const bytes = encodeRecordMessage(1, new Uint8Array(MAX_MESSAGE_LENGTH - 8))
  expect(toHex(bytes.subarray(0, 8))).toBe("80ffffff01000000")
  expect(parseMessage(bytes).type).toBe("record")
})

test("a record in a message is a view, not a copy", () => {
  const bytes = encodeRecordMessage(1, Uint8Array.of(1, 2, 3))
  const message = parseMessage(bytes)
  expect(message.type === "record" && message.record.buffer).toBe(bytes.buffer)
})

test("result codes have the specification's names", () => {
  expect(resultName(RESULT.TOO_OPEN)).toBe("TOO_OPEN")
  expect(resultName(200)).toBe("RESULT_200")
  expect(isResultCode(39)).toBe(true)
  expect(isResultCode(34)).toBe(false)
})

test("survives hostile input", () => {
  const valid = [...LAYOUTS.map(([message]) => message), ...fc.sample(arbitrary.message, { numRuns: 100, seed: 1 })].map(encodeMessage)
  const repair = (bytes: Uint8Array): void => {
    if (bytes[0] === 0xfe || [0x07, 0x08, 0x85, 0x86].includes(bytes[0] ?? 0)) return
    bytes.set(
      [bytes.length & 0xff, (bytes.length >> 8) & 0xff, bytes.length >> 16].slice(0, Math.max(0, bytes.length - 1)),
      Math.min(1, bytes.length),
    )
    // The filter behind the header of a query has its own length.
    if ((bytes[0] === 2 || bytes[0] === 3 || bytes[0] === 0x20) && bytes.length >= 16)
      bytes.set([(bytes.length - 8) & 0xff, (bytes.length - 8) >> 8], 8)
  }
  expect(feedHostileInput(parseMessage, valid, { repair })).toBeGreaterThan(1000)
})

test.each<readonly [string, (size: number) => Message]>([
  ["get", (size) => ({ type: "get", queryId: 1, references: Array.from({ length: size }, () => parseReference(fromHex(id))) })],
  ["hello", (size) => ({ type: "hello", version: 0, applications: Array.from({ length: size * 8 }, (_, index) => index) })],
])("reads a %s in time linear in its length", (_, build) => {
  expect(growthExponent(500, (size) => encodeMessage(build(size)), parseMessage)).toBeLessThan(1.6)
})

test("errors are decode errors", () => {
  expect(() => parseMessage(new Uint8Array(0))).toThrow(DecodeError)
})
