import {
  buildRecord,
  MICROBLOG_ROOT,
  nonceFromTimestamp,
  notifyTag,
  parseSecretKey,
  publicKeyOf,
  REPLY_COMMENT,
  replyTag,
  rootTag,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { describe, expect, test } from "vitest"
import { buildEdit, buildNote, readNotified, readPlace, readText } from "./note-record.ts"
import { noteText, noteTrouble } from "./rules.ts"

const secret = (byte: number) => parseSecretKey(new Uint8Array(32).fill(byte))
const ann = { person: publicKeyOf(secret(1)), device: secret(2) }
const ben = { person: publicKeyOf(secret(3)), device: secret(4) }
const cem = { person: publicKeyOf(secret(5)), device: secret(6) }
const timestamp = timestampFromUnixMillis(1_790_000_000_000)

describe("records of notes", () => {
  const root = buildNote(ann, { text: "root", timestamp })
  const answer = buildNote(ben, { text: "answer", timestamp, place: { parent: root.address, root: root.address } })
  const deeper = buildNote(cem, { text: "deeper", timestamp, place: { parent: answer.address, root: root.address } })

  test("say what they answer and whom they want to reach", () => {
    expect(root.kind).toBe(MICROBLOG_ROOT)
    expect(readPlace(root)).toEqual({})
    expect(deeper.kind).toBe(REPLY_COMMENT)
    expect(readPlace(deeper)).toEqual({ parent: answer.address, root: root.address })
    expect(readNotified(answer)).toEqual([ann.person])
    expect(readNotified(deeper)).toEqual([ben.person, ann.person])
    const own = buildNote(ann, { text: "own", timestamp, place: { parent: root.address, root: root.address } })
    expect(readNotified(own)).toEqual([])
  })

  test("keep address and tags when they are edited", () => {
    const edit = buildEdit(cem, deeper, { text: "edited", timestamp: timestampFromUnixMillis(1_790_000_000_001) })
    expect(edit.address).toEqual(deeper.address)
    expect(readPlace(edit)).toEqual(readPlace(deeper))
    expect(readNotified(edit)).toEqual(readNotified(deeper))
    expect(readText(edit)).toBe("edited")
  })

  test("of strangers are shown, cut and cleaned, whatever they hold", () => {
    const foreign = (payload: Uint8Array, compressed = false) =>
      buildRecord({
        author: ann.person,
        signer: ann.device,
        kind: MICROBLOG_ROOT,
        nonce: nonceFromTimestamp(timestamp),
        timestamp,
        payload,
        compressed,
      })
    const encode = (text: string) => new TextEncoder().encode(text)
    expect(readText(foreign(encode("🏔".repeat(9_000))))).toBe(`${"🏔".repeat(5_000)}…`)
    expect(readText(foreign(encode("a\u202eb\u0000c\r\nd")))).toBe("abc\nd")
    expect(readText(foreign(Uint8Array.of(0x61, 0xff, 0x62)))).toBe("a\ufffdb")
    expect(readText(foreign(new Uint8Array(600_000)))).toBe("(This note cannot be shown.)")
    expect(readText(foreign(encode("no frame"), true))).toBe("(This note cannot be shown.)")
  })

  test("of strangers may answer oddly", () => {
    const odd = (tags: Parameters<typeof buildRecord>[0]["tags"]) =>
      readPlace(
        buildRecord({
          author: ben.person,
          signer: ben.device,
          kind: REPLY_COMMENT,
          nonce: nonceFromTimestamp(timestamp),
          timestamp,
          ...(tags === undefined ? {} : { tags }),
        }),
      )
    expect(odd([])).toEqual({})
    expect(odd([notifyTag(ann.person)])).toEqual({})
    expect(odd([rootTag(root.kind, root.address)])).toEqual({ parent: root.address, root: root.address })
    expect(odd([replyTag(answer.kind, answer.id)])).toEqual({ parent: answer.id, root: answer.id })
    expect(odd([{ type: 2, value: new Uint8Array(3) }])).toEqual({})
  })
})

describe("the rules of notes", () => {
  test.each([
    ["a", true],
    ["x".repeat(5_000), true],
    ["🏔".repeat(5_000), true],
    ["x".repeat(5_001), false],
    ["🏔".repeat(5_001), false],
    ["", false],
    [" \n\t\u00a0", false],
    ["\u200b\u200e", false],
  ])("%#", (text, isNote) => {
    expect(noteTrouble(text) === undefined).toBe(isNote)
  })

  test("a text is kept as it was typed, but for line breaks and halves of characters", () => {
    expect(noteText(" a\r\nb\rc \ud800")).toBe(" a\nb\nc \ufffd")
  })
})
