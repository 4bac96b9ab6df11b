import { parseSecretKey, publicKeyOf, readProfile, readWebpSize, timestampFromUnixMillis } from "@tessera/mosaic"
import Database from "better-sqlite3-multiple-ciphers"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { displayLine, displayText } from "./display-text.ts"
import { lookOf } from "./look.ts"
import { TYPEABLE_NAME_LIMIT, typeableName } from "./name.ts"
import { buildProfile, nameTrouble } from "./own-profile.ts"
import { openPeopleIndex } from "./people-index.ts"
import { preparePicture } from "./picture.ts"

const master = parseSecretKey(new Uint8Array(32).fill(7))
const person = publicKeyOf(master)
const at = (millis: number) => timestampFromUnixMillis(1_790_000_000_000 + millis)

describe("typeable names", () => {
  test.each([
    ["Ann", "Ann"],
    ["Ann Lee", "Ann-Lee"],
    ["  José  Núñez ", "Jose-Nunez"],
    ["Zoë Łukasz", "Zoe-Lukasz"],
    ["Straße", "Strasse"],
    ["Æther Øre", "Aether-Ore"],
    ["Владимир Щукин", "Vladimir-Shchukin"],
    ["Ελένη", "Eleni"],
    ["김철수", "gimcheolsu"],
    ["O'Neil & Söhne", "ONeil-Sohne"],
    ["ｆｕｌｌ", "full"],
    ["Dr. No", "Dr.-No"],
    ["a\u202eb", "ab"],
  ])("%s", (shown, name) => {
    expect(typeableName(shown, person)).toBe(name)
  })

  test("are never empty and can always be typed", () => {
    expect(typeableName("山田太郎", person)).toMatch(/^someone-[a-z0-9]{4}$/)
    expect(typeableName("🏔🏔", person)).toBe(typeableName("…", person))
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (shown) => {
        const name = typeableName(shown, person)
        expect(name).toMatch(/^[A-Za-z0-9._-]+$/)
        expect(name.length).toBeLessThanOrEqual(TYPEABLE_NAME_LIMIT)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe("texts that are shown", () => {
  test("hold nothing unseen and have an end", () => {
    expect(displayLine(" a\n\tb\u202e c\u200b ", 100)).toBe("a b c")
    expect(displayLine("👩‍👩‍👧", 100)).toBe("👩‍👩‍👧")
    expect(displayLine("x".repeat(101), 100)).toBe(`${"x".repeat(100)}…`)
    expect(displayLine("\u200b\u2066", 100)).toBe("")
    expect(displayText("a\u2028b\u0007", 100)).toBe("a\nb")
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (text, limit) => {
        const line = displayLine(text, limit)
        expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
        expect(Array.from(line).length).toBeLessThanOrEqual(limit + 1)
        expect(Array.from(displayText(text, limit)).length).toBeLessThanOrEqual(limit + 1)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ["Ann", "ann"],
    ["Ann", "Аnn"],
    ["Bill", "BiII"],
    ["Ann", " A n.n "],
    ["José", "Jose"],
    ["Paul", "Pаul"],
    ["Marc", "Rnarc".replace("Rn", "rn")],
  ])("%s looks like %s", (one, other) => {
    expect(lookOf(one)).toBe(lookOf(other))
  })

  test("different names look different", () => {
    expect(new Set(["Ann", "Anna", "Hans", "山田", "山口", "Ben"].map(lookOf)).size).toBe(6)
  })
})

const chunk = (tag: string, data: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(8 + data.length + (data.length % 2))
  padded.set(new TextEncoder().encode(tag))
  new DataView(padded.buffer).setUint32(4, data.length, true)
  padded.set(data, 8)
  return padded
}
const webp = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(chunks)
  return Uint8Array.from(Buffer.concat([chunk("RIFF", Buffer.concat([Buffer.from("WEBP"), body]))]))
}
const canvas = (width: number, height: number, flags = 0): Uint8Array =>
  Uint8Array.of(flags, 0, 0, 0, ...[width - 1, height - 1].flatMap((n) => [n & 0xff, n >> 8, 0]))
const lossless = (width: number, height: number): Uint8Array => {
  const bits = (width - 1) | ((height - 1) << 14)
  return Uint8Array.of(0x2f, bits & 0xff, (bits >> 8) & 0xff, (bits >> 16) & 0xff, (bits >>> 24) & 0xff, 1, 2, 3)
}

describe("pictures", () => {
  test("lose what they tell besides the picture", () => {
    const secret = new TextEncoder().encode("GPS 52.5N 13.4E")
    const full = webp(
      chunk("VP8X", canvas(320, 200, 0x20 | 0x10 | 0x08 | 0x04)),
      chunk("ICCP", secret),
      chunk("VP8L", lossless(320, 200)),
      chunk("EXIF", secret),
      chunk("XMP ", secret),
      chunk("WHAT", secret),
    )
    const stripped = preparePicture(full)
    expect(Buffer.from(stripped).includes("GPS")).toBe(false)
    expect(stripped).toEqual(webp(chunk("VP8X", canvas(320, 200, 0x10)), chunk("VP8L", lossless(320, 200))))
    expect(readWebpSize(stripped)).toEqual({ width: 320, height: 200 })
    const plain = webp(chunk("VP8L", lossless(10, 10)))
    expect(preparePicture(plain)).toEqual(plain)
  })

  test.each([
    ["not a picture", new TextEncoder().encode("hello")],
    ["nothing", new Uint8Array(0)],
    ["too wide", webp(chunk("VP8L", lossless(321, 10)))],
    ["too high", webp(chunk("VP8L", lossless(10, 321)))],
    ["too many bytes", webp(chunk("VP8L", lossless(10, 10)), chunk("EXIF", new Uint8Array(200_000)))],
    ["cut off", webp(chunk("VP8L", lossless(10, 10))).slice(0, -3)],
  ])("that cannot be used are refused with a sentence: %s", (_, bytes) => {
    expect(() => preparePicture(bytes)).toThrow(/^(The|This) picture .*\.$/)
  })

  test("survive mutation", () => {
    const valid = webp(chunk("VP8X", canvas(64, 64, 0x0c)), chunk("VP8L", lossless(64, 64)), chunk("EXIF", new Uint8Array(9)))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = valid.slice()
        for (const [i, byte] of changes) bytes[i] = byte
        try {
          const { width, height } = readWebpSize(preparePicture(bytes))
          expect(Math.max(width, height)).toBeLessThanOrEqual(320)
        } catch (error) {
          expect(error).toMatchObject({ name: "PictureError" })
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

describe("profiles", () => {
  const picture = webp(chunk("VP8L", lossless(10, 10)))

  test("are dated after the one before and keep what is not edited", () => {
    const first = buildProfile(master, { displayName: "Ann", about: "Hi", picture }, { now: at(5) })
    const second = buildProfile(master, { displayName: "Anne" }, { now: at(0), previous: first })
    expect(second.timestamp).toBeGreaterThan(first.timestamp)
    expect(second.address).toEqual(first.address)
    expect(readProfile(second)).toEqual({ name: "Anne", display_name: "Anne", avatar: picture })
    const third = buildProfile(master, { displayName: "Anne", picture: null }, { now: at(9), previous: second })
    expect(readProfile(third)).toEqual({ name: "Anne", display_name: "Anne" })
  })

  test.each(["", "  ", "\u200b", "x".repeat(101), "\u202e"])("need a name: %j", (displayName) => {
    expect(nameTrouble(displayName)).toMatch(/^[A-Z].*\.$/)
    expect(() => buildProfile(master, { displayName }, { now: at(0) })).toThrow(/name/)
  })

  test("are known by the newest, whatever the order", () => {
    const first = buildProfile(master, { displayName: "Ann", picture }, { now: at(0) })
    const second = buildProfile(master, { displayName: "Anne", about: "new" }, { now: at(1), previous: first })
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const index = openPeopleIndex(new Database(":memory:"))
      for (const record of order) index.take(record)
      expect(index.get(person)).toMatchObject({ displayName: "Anne", about: "new" })
      expect(index.bearers(lookOf("anne"), 2)).toHaveLength(1)
      expect(index.bearers(lookOf("Ann"), 2)).toHaveLength(0)
    }
  })
})
