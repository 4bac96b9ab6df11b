import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { TextPart } from "../api/contract.ts"
import { textParts } from "./links.ts"

const link = (text: string, to = text): TextPart => ({ link: to, text })

describe("textParts", () => {
  test.each<[string, readonly TextPart[]]>([
    ["", []],
    ["no link", [{ text: "no link" }]],
    ["see https://example.org/a?b=c#d now", [{ text: "see " }, link("https://example.org/a?b=c#d"), { text: " now" }]],
    ["(https://example.org).", [{ text: "(" }, link("https://example.org", "https://example.org/"), { text: ")." }]],
    ["https://en.wikipedia.org/wiki/Mosaic_(web), yes", [link("https://en.wikipedia.org/wiki/Mosaic_(web)"), { text: ", yes" }]],
    ["“https://example.org/x”!", [{ text: "“" }, link("https://example.org/x"), { text: "”!" }]],
    ["https://a.org/1\nhttps://b.org/2", [link("https://a.org/1"), { text: "\n" }, link("https://b.org/2")]],
    ["HTTP://Example.ORG/Path", [link("http://example.org/Path")]],
    ["<https://example.org/x>", [{ text: "<" }, link("https://example.org/x"), { text: ">" }]],
    ["javascript:alert(1)", [{ text: "javascript:alert(1)" }]],
    ["data:text/html,x ftp://example.org file:///etc", [{ text: "data:text/html,x ftp://example.org file:///etc" }]],
    ["xhttps://example.org", [{ text: "xhttps://example.org" }]],
    // Credentials make an address look like somebody else's.
    ["https://bank.example@evil.org/", [{ text: "https://bank.example@evil.org/" }]],
    ["https://user:pw@evil.org/", [{ text: "https://user:pw@evil.org/" }]],
    ["https://intranet/", [{ text: "https://intranet/" }]],
    ["https:// nothing", [{ text: "https:// nothing" }]],
    ["https://.", [{ text: "https://." }]],
    // Cyrillic letters: the host is shown as the browser asks for it.
    ["https://аррle.com/x", [link("https://xn--le-6kc8da.com/x")]],
    ["https://münchen.example/ü", [link("https://xn--mnchen-3ya.example/ü", "https://xn--mnchen-3ya.example/%C3%BC")]],
    ["https://%65vil.org/", [link("https://evil.org/")]],
    // A direction mark ends an address: what follows cannot be turned into it.
    ["https://example.org/\u202egpj.exe", [link("https://example.org/"), { text: "\u202egpj.exe" }]],
    ["https://good.example\\@evil.org", [link("https://good.example", "https://good.example/"), { text: "\\@evil.org" }]],
    ["http://127.0.0.1:8080/x", [link("http://127.0.0.1:8080/x")]],
    ["http://[::1]/x", [link("http://[::1]/x")]],
  ])("%j", (text, parts) => {
    expect(textParts(text)).toEqual(parts)
  })

  test("loses no text, and links lead only to the web", () => {
    const piece = fc.oneof(
      fc.constantFrom("http://", "https://", "a.org", "/", "(", ")", "@", ".", " ", "\\", "%", "[", "]", "ü", "\u202e", ":", "#"),
      fc.string({ unit: "binary" }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("")
        const parts = textParts(text)
        for (const part of parts) {
          if (!("link" in part)) continue
          const url = new URL(part.link)
          expect(["http:", "https:"]).toContain(url.protocol)
          expect([url.username, url.password]).toEqual(["", ""])
          expect(part.text.startsWith(`${url.protocol}//${url.host}`)).toBe(true)
        }
        // Texts without links come back as they were.
        if (parts.every((part) => !("link" in part))) expect(parts.map((part) => part.text).join("")).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(["http://", "https://a.b)", "https://a.b/.", "(", "https://a.b/((", "http://http://a.b/"])(
    "takes time in proportion to the text: %s",
    (unit) => {
      const time = (length: number): number => {
        const text = unit.repeat(Math.ceil(length / unit.length))
        const times = Array.from({ length: 5 }, () => {
          const start = performance.now()
          textParts(text)
          return performance.now() - start
        })
        return Math.min(...times)
      }
      time(1_000)
      // Notes have at most 5,000 characters; a text twenty times as long must not cost more than a moment.
      expect(time(100_000)).toBeLessThan(400)
    },
  )

  test("takes no longer for addresses that are none and end in a thousand brackets", () => {
    const text = `${"http://".repeat(140)}${")".repeat(1_000)} `.repeat(2)
    const start = performance.now()
    textParts(text)
    expect(performance.now() - start).toBeLessThan(300)
  })
})
