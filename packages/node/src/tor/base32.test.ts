import * as fc from "fast-check"
import { expect, test } from "vitest"
import { decodeBase32, encodeBase32 } from "./base32.ts"

test("bytes come back, and their text is that of RFC 4648", () => {
  // RFC 4648, section 10, in small letters and without padding.
  const vectors = { "": "", f: "my", fo: "mzxq", foo: "mzxw6", foob: "mzxw6yq", fooba: "mzxw6ytb", foobar: "mzxw6ytboi" }
  for (const [plain, text] of Object.entries(vectors)) expect(encodeBase32(new TextEncoder().encode(plain))).toBe(text)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes)
    }),
  )
})

test("each text that is read is the only one of its bytes", () => {
  const alphabet = [..."abcdefghijklmnopqrstuvwxyz234567"]
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 60 }), (text) => {
      const bytes = decodeBase32(text)
      if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(text)
    }),
  )
  for (const broken of ["mz", "MY", "m1", "my======", "mzxw6y", "a", "é"]) expect(decodeBase32(broken)).toBeUndefined()
})
