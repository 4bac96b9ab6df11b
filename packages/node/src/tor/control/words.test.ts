import * as fc from "fast-check"
import { expect, test } from "vitest"
import { growthExponent } from "../../../../mosaic/test/growth.ts"
import { parseWords } from "./words.ts"

test("words stand by their place or by their name", () => {
  const { plain, named } = parseWords('STATUS_CLIENT WARN BOOTSTRAP PROGRESS=45 SUMMARY="Asking \\"nicely\\" for C:\\\\x" HOST= COUNT=3')
  expect(plain).toEqual(["STATUS_CLIENT", "WARN", "BOOTSTRAP"])
  expect(Object.fromEntries(named)).toEqual({ PROGRESS: "45", SUMMARY: 'Asking "nicely" for C:\\x', HOST: "", COUNT: "3" })
  expect(parseWords('net/listeners/socks="127.0.0.1:43213"').named.get("net/listeners/socks")).toBe("127.0.0.1:43213")
})

test("what is quoted comes back", () => {
  const quoted = (text: string): string => `"${text.replaceAll(/["\\]/gu, "\\$&")}"`
  fc.assert(
    fc.property(fc.string(), fc.string(), (first, second) => {
      const { plain, named } = parseWords(`A=${quoted(first)} B=${quoted(second)}  C`)
      expect([named.get("A"), named.get("B"), plain]).toEqual([first, second, ["C"]])
    }),
  )
})

test("anything is read, in time that grows with its length alone", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("A", "=", '"', "\\", " ") }), (text) => void parseWords(text)))
  for (const unit of ['A="', "A= ", '"', "\\ ", "  "])
    expect(
      growthExponent(
        500,
        (size) => unit.repeat(size),
        (text) => parseWords(text),
      ),
    ).toBeLessThan(1.5)
})
