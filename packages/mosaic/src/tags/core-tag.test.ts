import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { growthExponent } from "../../test/growth.ts"
import { feedHostileInput } from "../../test/hostile.ts"
import { concatBytes, fromHex, toHex } from "../bytes.ts"
import { parseSecretKey, publicKeyOf } from "../keys/secret-key.ts"
import { MICROBLOG_ROOT } from "../kinds.ts"
import { parseReference } from "../reference.ts"
import {
  imageTag,
  nostrSisterTag,
  notifyTag,
  quoteTag,
  replyTag,
  rootTag,
  serverMentionTag,
  subkeyTag,
  threadTags,
  urlTag,
  userMentionTag,
  videoTag,
} from "./build.ts"
import { readCoreTag } from "./core-tag.ts"
import { encodeTags } from "./tag.ts"
import { TAG_IMAGE, TAG_NOTIFY, TAG_QUOTE, TAG_REPLY, TAG_URL, TAG_USER_MENTION } from "./types.ts"

const key = publicKeyOf(parseSecretKey(new Uint8Array(32).fill(1)))
const offset = fc.nat(0xffff_ffff)
const url = fc.webUrl().filter((text) => text.length <= 248)

test("core tags read back as they were built", () => {
  fc.assert(
    fc.property(offset, arbitrary.kind, arbitrary.reference, arbitrary.bytes(32), url, (at, kind, reference, any, link) => {
      expect(readCoreTag(notifyTag(key))).toEqual({ name: "notify", key })
      expect(readCoreTag(subkeyTag(any))).toEqual({ name: "subkey", key: any })
      expect(readCoreTag(nostrSisterTag(any))).toEqual({ name: "nostrSister", key: any })
      expect(readCoreTag(replyTag(kind, reference))).toEqual({ name: "reply", kind, reference })
      expect(readCoreTag(rootTag(kind, reference))).toEqual({ name: "root", kind, reference })
      expect(readCoreTag(quoteTag(at, kind, reference))).toEqual({ name: "quote", offset: at, kind, reference })
      expect(readCoreTag(userMentionTag(at, key))).toEqual({ name: "userMention", offset: at, key })
      expect(readCoreTag(serverMentionTag(at, key))).toEqual({ name: "serverMention", offset: at, key })
      expect(readCoreTag(urlTag(at, link))).toEqual({ name: "url", offset: at, url: link })
      expect(readCoreTag(imageTag(at, link))).toEqual({ name: "image", offset: at, url: link })
      expect(readCoreTag(videoTag(at, link))).toEqual({ name: "video", offset: at, url: link })
    }),
  )
})

test("a reply and its root stand together", () => {
  const [parent, root] = [1, 2].map((fill) => ({ kind: MICROBLOG_ROOT, reference: parseReference(new Uint8Array(48).fill(fill)) }))
  if (parent === undefined || root === undefined) throw new Error("two of two")
  expect(threadTags({ parent, root }).map(readCoreTag)).toEqual([
    { name: "reply", ...parent },
    { name: "root", ...root },
  ])
  expect(threadTags({ parent }).map(readCoreTag)).toEqual([
    { name: "reply", ...parent },
    { name: "root", ...parent },
  ])
})

test("core tags are laid out as the specification draws them", () => {
  const reference = parseReference(new Uint8Array(48).fill(0x11))
  expect(toHex(encodeTags([notifyTag(key)]))).toBe(`2800010000000000${toHex(key)}`)
  expect(toHex(encodeTags([userMentionTag(0x01020304, key)]))).toBe(`2800200004030201${toHex(key)}`)
  expect(toHex(encodeTags([replyTag(MICROBLOG_ROOT, reference)]))).toBe(`4000020000000000000000010001001c${"11".repeat(48)}`)
  expect(toHex(encodeTags([quoteTag(5, MICROBLOG_ROOT, reference)]))).toBe(`4000220005000000000000010001001c${"11".repeat(48)}`)
  expect(toHex(encodeTags([urlTag(0, "a:bcd")]))).toBe("0d00240000000000613a626364")
})

test.each([
  ["a key too short", TAG_NOTIFY, "00000000" + "58".repeat(31)],
  ["a key too long", TAG_NOTIFY, "00000000" + "58".repeat(33)],
  ["zeros that are not zero", TAG_NOTIFY, "00000100" + "58".repeat(32)],
  ["a mention without its key", TAG_USER_MENTION, "00000000"],
  ["a reference too short", TAG_REPLY, "00000000000000010001001c" + "11".repeat(47)],
  ["a kind with reserved bits", TAG_REPLY, "00000000000000010001ffff" + "11".repeat(48)],
  ["an address of no possible kind", TAG_QUOTE, "00000000000000010001001c" + "ff".repeat(48)],
  ["an address that is empty", TAG_URL, "00000000"],
  ["an address that is not UTF-8", TAG_IMAGE, "00000000ff"],
  ["nothing", TAG_URL, ""],
  ["an unknown type", 0x8b01, "00000000"],
])("a tag with %s means nothing", (_, type, hex) => {
  expect(readCoreTag({ type, value: fromHex(hex) })).toBeUndefined()
})

test("builders refuse what does not fit", () => {
  expect(() => subkeyTag(new Uint8Array(31))).toThrow(RangeError)
  expect(() => userMentionTag(-1, key)).toThrow(RangeError)
  expect(() => userMentionTag(2 ** 32, key)).toThrow(RangeError)
  expect(() => urlTag(0, "")).toThrow(RangeError)
  expect(() => urlTag(0, "a".repeat(65_528))).toThrow(RangeError)
  expect(encodeTags([urlTag(0, "a".repeat(65_527))])).toHaveLength(65_535)
  expect(() => imageTag(0, "a".repeat(249))).toThrow(RangeError)
  expect(readCoreTag(videoTag(0, "é".repeat(124)))).toMatchObject({ url: "é".repeat(124) })
})

test("a long tag is read in linear time", () => {
  const prepare = (size: number) => urlTag(0, "é".repeat(size))
  expect(growthExponent(1900, prepare, readCoreTag)).toBeLessThan(1.6)
})

test("tags from strangers mean something or nothing, and never stop the reader", () => {
  const reference = parseReference(new Uint8Array(48))
  const tags = [notifyTag(key), quoteTag(1, MICROBLOG_ROOT, reference), urlTag(9, "https://example.org/é"), subkeyTag(key)]
  let read = 0
  const parse = (bytes: Uint8Array): void => {
    if (readCoreTag({ type: bytes[0] ?? 0, value: bytes.subarray(1) }) !== undefined) read += 1
  }
  feedHostileInput(
    parse,
    tags.map((tag) => concatBytes(Uint8Array.of(tag.type), tag.value)),
  )
  expect(read).toBeGreaterThan(1000)
})
