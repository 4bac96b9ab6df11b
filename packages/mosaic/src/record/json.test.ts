/// <reference types="vite/client" />
import { expect, test } from "vitest"
import vectorText from "../../../../vectors/records.json?raw"
import { growthExponent } from "../../test/growth.ts"
import { encodeUtf8, fromHex, toHex } from "../bytes.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { makeKind } from "../kind.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { nonceFromBytes, nonceFromText } from "../nonce.ts"
import { makeAddress } from "../reference.ts"
import { notifyTag, replyTag, serverMentionTag, subkeyTag, urlTag } from "../tags/build.ts"
import { timestampFromUnixMillis } from "../timestamp.ts"
import { buildRecord } from "./build.ts"
import { recordToJson } from "./json.ts"
import { verifyRecord } from "./unverified.ts"

const secret = parseSecretKey(new Uint8Array(32))
const author = publicKeyOf(secret)
const USER = "8pinxxgqs41n4aididenw5apqp1urfmzdztr8jt4abrkdn435ewo"
const timestamp = timestampFromUnixMillis(Date.parse("2025-10-20T12:00:00.5Z"))
const parts = { author, signer: secret, kind: MICROBLOG_ROOT, nonce: nonceFromBytes(fromHex("8000000000000001")), timestamp }

test("all that a record says is shown", () => {
  const tags = [notifyTag(author), urlTag(3, "https://example.org/"), { type: 0x8b01, value: fromHex("ff") }]
  const record = buildRecord({ ...parts, tags, payload: encodeUtf8("Hello,\nworld é"), fromAuthor: true })
  const json = recordToJson(record)
  expect(json).toEqual({
    id: expect.stringMatching(/^moref0[a-z1-9]{77}$/),
    idHex: toHex(record.id),
    address: expect.stringMatching(/^moref0[a-z1-9]{77}$/),
    addressHex: `8000000000000001000000010001001c${toHex(author)}`,
    nonce: "8000000000000001",
    kind: { hex: "000000010001001c", application: 1, number: 1, handling: "unique", readers: "everybody", printable: true },
    author: `mopub0${USER}`,
    signer: `mopub0${USER}`,
    timestamp: "1760961628500000000",
    time: "2025-10-20T12:00:00.500000000Z",
    flags: { fromAuthor: true, zstd: false, hex: "0400000000000000" },
    tags: [
      { type: 1, name: "notify", key: `mopub0${USER}`, hex: `00000000${toHex(author)}` },
      { type: 0x24, name: "url", offset: 3, url: "https://example.org/", hex: toHex(urlTag(3, "https://example.org/").value) },
      { type: 0x8b01, name: null, hex: "ff" },
    ],
    payload: { length: 15, text: "Hello,\nworld é" },
    signature: toHex(record.signature),
    length: record.bytes.length,
  })
  expect(JSON.parse(JSON.stringify(json))).toEqual(json)
})

test("tags that point to something are shown with what they point to", () => {
  const address = makeAddress({ nonce: nonceFromText("x"), kind: MICROBLOG_ROOT, author })
  const tags = [replyTag(MICROBLOG_ROOT, address), serverMentionTag(1, author), subkeyTag(new Uint8Array(32))]
  expect(recordToJson(buildRecord({ ...parts, tags }))["tags"]).toMatchObject([
    { name: "reply", kind: { application: 1 }, reference: expect.stringMatching(/^moref0/) },
    { name: "serverMention", offset: 1, key: `mosrv0${USER}` },
    { name: "subkey", key: "00".repeat(32) },
  ])
})

test.each([
  ["no payload", "", { length: 0, text: "" }],
  ["bytes that are not UTF-8", "ff00", { length: 2, hex: "ff00" }],
  ["control characters", "4100", { length: 2, hex: "4100" }],
  ["tabs and line ends", "41090d0a", { length: 4, text: "A\t\r\n" }],
])("a payload of %s is shown", (_, hex, shown) => {
  const kind = makeKind({ application: 99, number: 1, handling: "replaceable", readers: "tagged" })
  expect(recordToJson(buildRecord({ ...parts, kind, payload: fromHex(hex) }))["payload"]).toEqual(shown)
})

test("a payload that does not decompress is shown as it is, with the reason", () => {
  const broken = buildRecord({ ...parts, payload: fromHex("28b52ffd"), compressed: true })
  expect(recordToJson(broken)["payload"]).toEqual({ error: "ZSTD: truncated", length: 4, hex: "28b52ffd" })
  // A frame that declares 2 MiB.
  const bomb = buildRecord({ ...parts, payload: fromHex("28b52ffda00000200003001041"), compressed: true })
  expect(recordToJson(bomb)["payload"]).toMatchObject({ error: expect.stringContaining("payload too large") })
})

test("a compressed payload is shown decompressed", () => {
  // "Hello" in one raw block.
  const record = buildRecord({ ...parts, payload: fromHex("28b52ffd200529000048656c6c6f"), compressed: true })
  expect(recordToJson(record)).toMatchObject({ payload: { length: 5, text: "Hello" }, flags: { zstd: true, hex: "0100000000000000" } })
})

test("a long payload is shown in linear time, as text or in hexadecimal", () => {
  for (const byte of [0x41, 0xff]) {
    const prepare = (size: number) => buildRecord({ ...parts, payload: new Uint8Array(size).fill(byte) })
    expect(growthExponent(20_000, prepare, recordToJson)).toBeLessThan(1.6)
  }
})

test.each((JSON.parse(vectorText) as { name: string; hex: string; valid: boolean }[]).filter((vector) => vector.valid))(
  "the valid vector is shown: $name",
  ({ hex }) => {
    const json = recordToJson(verifyRecord(fromHex(hex)))
    expect(json["idHex"]).toBe(hex.slice(0, 96))
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  },
)
